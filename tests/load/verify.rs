//! The checks after the load.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use behavior::{Kind, count, kind, read, texts};
use signals::Db;

use crate::run::Done;
use crate::told::{Event, Events, Heard, NET_LINES, NET_TOTAL, committed};

/// How long dropped transactions may take to be rolled back, and callbacks to run.
const PATIENCE: Duration = Duration::from_mins(1);

/// What does not hold.
#[derive(Debug, Default)]
pub struct Wrong {
    pub kept: Vec<String>,
    pub told: Vec<String>,
    /// The number of changes of each kind, and the number of calls of receivers for it: of rows, of sets, and
    /// after the commit.
    pub figures: BTreeMap<String, Figures>,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    pub truth: i64,
    pub rows: i64,
    pub sets: Option<i64>,
    pub committed: Option<i64>,
}

impl Wrong {
    pub fn is_none(&self) -> bool {
        self.kept.is_empty() && self.told.is_empty()
    }
}

/// Checks everything, until it holds or has had the time to.
pub async fn settled(db: &Db, done: &Done) -> Wrong {
    let until = Instant::now() + PATIENCE;
    let mut before = None;
    loop {
        let mut wrong = in_the_database(db).await;
        in_the_process(db, done, &mut wrong).await;
        if let Some(settled) = at_rest(wrong, &mut before, until).await {
            return settled;
        }
    }
}

/// Checks what another process has left in the database.
pub async fn settled_after_a_kill(db: &Db) -> Wrong {
    let until = Instant::now() + PATIENCE;
    let mut before = None;
    loop {
        if let Some(settled) = at_rest(in_the_database(db).await, &mut before, until).await {
            return settled;
        }
    }
}

/// What was found, if it holds, if it is as it was a while ago, or if the time is up.
async fn at_rest(wrong: Wrong, before: &mut Option<(String, u32)>, until: Instant) -> Option<Wrong> {
    let now = format!("{wrong:?}");
    let times = before.take().filter(|(text, _)| *text == now).map_or(0, |(_, times)| times + 1);
    if wrong.is_none() || times > 50 || Instant::now() > until {
        return Some(wrong);
    }
    *before = Some((now, times));
    tokio::time::sleep(Duration::from_millis(200)).await;
    None
}

/// Queries of what is wrong: each answers a text for each row.
const KEPT: [(&str, &str); 7] = [
    (
        "total of order",
        "SELECT o.id AS k, o.total AS kept, (SELECT COALESCE(SUM(l.amount), 0) FROM load_line l WHERE l.order_id = o.id) AS truth FROM load_order o",
    ),
    (
        "lines of order",
        "SELECT o.id AS k, o.line_count AS kept, (SELECT COUNT(*) FROM load_line l WHERE l.order_id = o.id) AS truth FROM load_order o",
    ),
    (
        "total of account",
        "SELECT a.id AS k, a.total AS kept, (SELECT COALESCE(SUM(l.amount), 0) FROM load_line l JOIN load_order o ON o.id = l.order_id WHERE o.account_id = a.id) AS truth FROM load_account a",
    ),
    (
        "lines of account",
        "SELECT a.id AS k, a.line_count AS kept, (SELECT COUNT(*) FROM load_line l JOIN load_order o ON o.id = l.order_id WHERE o.account_id = a.id) AS truth FROM load_account a",
    ),
    (
        "orders of account",
        "SELECT a.id AS k, a.order_count AS kept, (SELECT COUNT(*) FROM load_order o WHERE o.account_id = a.id) AS truth FROM load_account a",
    ),
    (
        "uses of tag",
        "SELECT t.id AS k, t.uses AS kept, (SELECT COUNT(*) FROM load_order_tags l WHERE l.tag_id = t.id) AS truth FROM load_tag t",
    ),
    (
        "rows without the row that they reference:",
        "SELECT 1 AS k, 0 AS kept, (SELECT COUNT(*) FROM load_line l WHERE NOT EXISTS (SELECT 1 FROM load_order o WHERE o.id = l.order_id)) \
         + (SELECT COUNT(*) FROM load_order_tags l WHERE NOT EXISTS (SELECT 1 FROM load_order o WHERE o.id = l.order_id) \
         OR NOT EXISTS (SELECT 1 FROM load_tag t WHERE t.id = l.tag_id)) AS truth",
    ),
];

async fn in_the_database(db: &Db) -> Wrong {
    let mut wrong = Wrong::default();
    for (what, query) in KEPT {
        let text = "CONCAT(k, ': kept ', kept, ', truth ', truth)";
        let differing = format!("SELECT {text} FROM ({query}) AS every WHERE kept <> truth ORDER BY k");
        wrong.kept.extend(texts(db, differing).await.into_iter().map(|text| format!("{what} {text}")));
    }
    let truth = events(db, "FROM load_truth").await;
    let rows = heard(db, Heard::Row).await;
    let sets = heard(db, Heard::Set).await;
    compare("receivers of rows", &rows, &truth, &mut wrong.told);
    let of_sets = of_kinds(&truth, &["line+", "line-", "link-"]);
    compare("receivers of sets", &sets, &of_sets, &mut wrong.told);
    for (event, times) in &truth {
        wrong.figures.entry(event.what.clone()).or_default().truth += times;
    }
    for (event, times) in &rows {
        wrong.figures.entry(event.what.clone()).or_default().rows += times;
    }
    for (event, times) in &sets {
        *wrong.figures.entry(event.what.clone()).or_default().sets.get_or_insert_default() += times;
    }
    wrong
}

async fn in_the_process(db: &Db, done: &Done, wrong: &mut Wrong) {
    if db.failed_callbacks() > 0 {
        wrong.told.push(format!("{} callbacks failed", db.failed_callbacks()));
    }
    let truth = events(db, "FROM load_truth").await;
    let committed = committed();
    for (event, times) in &committed {
        *wrong.figures.entry(event.what.clone()).or_default().committed.get_or_insert_default() += times;
    }
    if done.is_uncertain {
        compare_with_unknown(&committed, &truth, &done.unknown, &mut wrong.told);
        return;
    }
    compare("callbacks after the commit", &committed, &truth, &mut wrong.told);
    let lines = count(db, "SELECT COUNT(*) FROM load_line").await;
    let integer = if kind() == Kind::Mysql { "SIGNED" } else { "BIGINT" };
    let total = count(db, format!("SELECT CAST(COALESCE(SUM(amount), 0) AS {integer}) FROM load_line")).await;
    let net = (NET_LINES.load(SeqCst), NET_TOTAL.load(SeqCst));
    if net != (lines, total) {
        let (net_lines, net_total) = net;
        wrong
            .told
            .push(format!("net changes after the commit: {net_lines} lines of {net_total}, truth {lines} of {total}"));
    }
}

/// The events of a journal.
async fn events(db: &Db, from: &str) -> Events {
    let columns = "what, row_key, old_state, new_state";
    let query = format!("SELECT {columns}, COUNT(*) {from} GROUP BY {columns}");
    let rows: Vec<(String, i64, i64, i64, i64)> = read(db, query).await.unwrap();
    rows.into_iter().map(|(what, key, old, new, times)| (Event { what, key, old, new }, times)).collect()
}

async fn heard(db: &Db, heard: Heard) -> Events {
    events(db, &format!("FROM load_told WHERE heard = '{}'", heard.name())).await
}

/// The events that receivers of sets write down.
fn of_kinds(events: &Events, kinds: &[&str]) -> Events {
    let of_kind = |(event, _): &(&Event, &i64)| kinds.contains(&event.what.as_str());
    events.iter().filter(of_kind).map(|(event, times)| (event.clone(), *times)).collect()
}

/// How many of the differences are shown.
const SHOWN: usize = 6;

fn compare(who: &str, told: &Events, truth: &Events, wrong: &mut Vec<String>) {
    let times = |events: &Events, event| events.get(event).copied().unwrap_or_default();
    let every: BTreeSet<_> = told.keys().chain(truth.keys()).collect();
    let differing: Vec<_> = every.into_iter().filter(|event| times(told, event) != times(truth, event)).collect();
    for event in differing.iter().take(SHOWN) {
        let Event { what, key, old, new } = event;
        let (told, truth) = (times(told, event), times(truth, event));
        wrong.push(format!("{who}: {what} {key} ({old} to {new}) told {told}, truth {truth}"));
    }
    if differing.len() > SHOWN {
        wrong.push(format!("{who}: {} more differ", differing.len() - SHOWN));
    }
}

/// As [`compare`], if the commits of some calls are unknown: their callbacks do not run.
fn compare_with_unknown(committed: &Events, truth: &Events, unknown: &[Event], wrong: &mut Vec<String>) {
    let mut at_most = committed.clone();
    for event in unknown {
        *at_most.entry(event.clone()).or_default() += 1;
    }
    let times = |events: &Events, event| events.get(event).copied().unwrap_or_default();
    let too_few = truth.iter().filter(|(event, truth)| **truth > times(&at_most, event));
    let too_many = committed.iter().filter(|(event, committed)| **committed > times(truth, event));
    for (event, _) in too_few.chain(too_many).take(SHOWN) {
        let (told, at_most, truth) = (times(committed, event), times(&at_most, event), times(truth, event));
        wrong.push(format!("callbacks after the commit: {event:?} told {told} to {at_most}, truth {truth}"));
    }
}

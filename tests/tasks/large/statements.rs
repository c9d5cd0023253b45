//! The statements that the workers execute, with their times, and the plans of their lookups.

use std::fmt::Debug;
use std::sync::{Mutex, Once};
use std::time::Duration;

use behavior::{Kind, execute, kind, read, texts};
use signals::Db;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

/// A statement that was executed.
#[derive(Debug, Clone, Default)]
pub struct Executed {
    pub text: String,
    summary: String,
    pub elapsed: Duration,
}

static EXECUTED: Mutex<Vec<Executed>> = Mutex::new(Vec::new());

/// Collects what sqlx logs.
struct Watch;

impl<S: Subscriber> Layer<S> for Watch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut executed = Executed::default();
        event.record(&mut executed);
        // sqlx puts a short statement only in the summary.
        let text = if executed.text.trim().is_empty() { &executed.summary } else { &executed.text };
        executed.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        EXECUTED.lock().unwrap().push(executed);
    }
}

impl Visit for Executed {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => value.clone_into(&mut self.text),
            "summary" => value.clone_into(&mut self.summary),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::from_secs_f64(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Installs the subscriber of this binary.
pub fn watch() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| tracing::subscriber::set_global_default(Registry::default().with(Watch)).unwrap());
}

/// Returns the statements since the last call.
pub fn take() -> Vec<Executed> {
    std::mem::take(&mut EXECUTED.lock().unwrap())
}

/// Returns the time that this share of the statements do not exceed.
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "an index")]
    times.get((last as f64 * share) as usize).copied().unwrap_or_default()
}

/// Reads the numbers of rows again, on which plans depend.
pub async fn analyze(db: &Db) {
    execute(db, if kind() == Kind::Mysql { "ANALYZE TABLE signals_task" } else { "ANALYZE" }).await;
}

/// Asserts that the first executed statement with this condition looks for its rows by this index, without a sort.
/// `values` are those of its parameters.
pub async fn assert_by_index(db: &Db, executed: &[Executed], condition: &str, values: &[&str], index: &str) {
    let is_lookup = |text: &str| {
        let is_other = text.contains("SELECT 1 ") || text.contains("SELECT MIN(");
        text.contains(condition) && text.contains(" ORDER BY ") && !is_other
    };
    let statement = executed.iter().find(|it| is_lookup(&it.text)).expect(condition);
    let lookup = statement.text.split("FROM signals_task WHERE ").find(|part| part.starts_with(condition)).unwrap();
    let end = lookup.find(" LIMIT ").unwrap();
    let mut lookup = format!("SELECT id FROM signals_task WHERE {} LIMIT 8", &lookup[..end]);
    for value in values {
        let place = lookup.find(['?', '$']).unwrap();
        let is_numbered = lookup[place..].starts_with('$');
        lookup.replace_range(place..=place + usize::from(is_numbered), value);
    }
    let plan = match kind() {
        Kind::Memory | Kind::File => {
            let rows: Vec<(i64, i64, i64, String)> = read(db, format!("EXPLAIN QUERY PLAN {lookup}")).await.unwrap();
            rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
        }
        Kind::Postgres => texts(db, format!("EXPLAIN {lookup} FOR UPDATE SKIP LOCKED")).await.join("\n"),
        Kind::Mysql => texts(db, format!("EXPLAIN FORMAT=JSON {lookup} FOR UPDATE")).await.join("\n"),
    };
    assert!(plan.contains(index), "{lookup}\n{plan}");
    for sort in ["Sort", "B-TREE", "filesort", "temporary_table", "Seq Scan", "\"ALL\""] {
        assert!(!plan.contains(sort), "{lookup}\n{plan}");
    }
}

//! The statements that the workers execute, with their times, and the plans of their lookups.

use std::sync::{Mutex, Once};
use std::time::Duration;

use behavior::{Executed, Kind, execute, kind, plan};
use signals::Db;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

static EXECUTED: Mutex<Vec<Executed>> = Mutex::new(Vec::new());

/// Collects what sqlx logs.
struct Watch;

impl<S: Subscriber> Layer<S> for Watch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        EXECUTED.lock().unwrap().push(Executed::of(event));
    }
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
    let lock = match kind() {
        Kind::Memory | Kind::File => "",
        Kind::Postgres => " FOR UPDATE SKIP LOCKED",
        Kind::Mysql => " FOR UPDATE",
    };
    let plan = plan(db, &format!("{lookup}{lock}")).await;
    assert!(plan.contains(index), "{lookup}\n{plan}");
    for sort in ["Sort", "B-TREE", "filesort", "temporary_table", "Seq Scan", "\"ALL\""] {
        assert!(!plan.contains(sort), "{lookup}\n{plan}");
    }
}

//! The statements of `status` read indexes, and only a bounded part of them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};

use behavior::{Kind, execute, kind, read, texts};
use signals::tasks::{TaskState, status};
use signals::{Db, Result};
use signals_test_tasks::{db, insert_runs};
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument as _, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// The index on state, queue, priority and id.
const INDEX: &str = "signals_task__state__queue__priority__id__idx";

type Statements = Arc<Mutex<Vec<String>>>;

/// Collects the statements of sqlx in the spans that have a list.
struct Watch;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Watch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        ["sqlx::query", "watched"].contains(&metadata.target())
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.lookup_current() else { return };
        let Some(statements) = span.extensions().get::<Statements>().cloned() else { return };
        let mut text = Text::default();
        event.record(&mut text);
        // sqlx puts a short statement only in the summary.
        let statement = if text.statement.trim().is_empty() { text.summary } else { text.statement };
        statements.lock().unwrap().push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

#[derive(Default)]
struct Text {
    statement: String,
    summary: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => value.clone_into(&mut self.statement),
            "summary" => value.clone_into(&mut self.summary),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Installs the subscriber of this binary.
pub fn watch() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| tracing::subscriber::set_global_default(Registry::default().with(Watch)).unwrap());
}

/// Returns the statements of `status`.
async fn statements(db: &Db) -> Result<Vec<String>> {
    watch();
    let statements = Statements::default();
    let span = tracing::info_span!(target: "watched", "watched");
    tracing::Span::with_subscriber(&span, |(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>().unwrap();
        registry.span(id).unwrap().extensions_mut().insert(Arc::clone(&statements));
    });
    status(db).instrument(span).await?;
    // SQLite logs a statement after it was answered.
    status(db).await?;
    Ok(std::mem::take(&mut statements.lock().unwrap()))
}

/// Returns the plan of a statement.
async fn plan(db: &Db, statement: &str) -> String {
    match kind() {
        Kind::Memory | Kind::File => {
            let rows: Vec<(i64, i64, i64, String)> = read(db, format!("EXPLAIN QUERY PLAN {statement}")).await.unwrap();
            rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
        }
        Kind::Postgres => texts(db, format!("EXPLAIN {statement}")).await.join("\n"),
        Kind::Mysql => texts(db, format!("EXPLAIN FORMAT=JSON {statement}")).await.join("\n"),
    }
}

/// Asserts that a plan reads the runs by an index, without a sort.
fn assert_reads_an_index(statement: &str, plan: &str) {
    let refused: &[&str] = match kind() {
        Kind::Memory | Kind::File => &["SCAN signals_task", "B-TREE"],
        // PostgreSQL may sort the runs of a queue if they are fewer than the limit.
        Kind::Postgres if !statement.contains("state = 3") => &["Seq Scan on signals_task"],
        Kind::Postgres => &["Seq Scan on signals_task", "Sort"],
        Kind::Mysql => &["filesort", "temporary_table"],
    };
    for part in refused {
        assert!(!plan.contains(part), "{statement}\n{plan}");
    }
    if kind() == Kind::Mysql {
        let table = plan.split("\"signals_task\"").nth(1).unwrap_or_default();
        let key = table.split("\"key\":").nth(1).unwrap_or_default();
        assert!(key.trim_start().starts_with(&format!("\"{INDEX}\"")), "{statement}\n{plan}");
        assert!(!table.contains("\"access_type\": \"ALL\""), "{statement}\n{plan}");
    } else {
        assert!(plan.contains(INDEX), "{statement}\n{plan}");
    }
}

#[tokio::test]
async fn status_reads_bounded_parts_of_indexes() -> Result<()> {
    let db = db().await;
    for queue in ["default", "mail"] {
        insert_runs(&db, 20_000, TaskState::Done, queue, 0).await;
    }
    insert_runs(&db, 2_000, TaskState::Ready, "mail", 0).await;
    insert_runs(&db, 2_000, TaskState::Dead, "default", 0).await;
    let analyze = if kind() == Kind::Mysql { "ANALYZE TABLE signals_task" } else { "ANALYZE" };
    execute(&db, analyze).await;
    let statements = statements(&db).await?;
    let of_runs: Vec<_> = statements.iter().filter(|statement| statement.contains("FROM signals_task")).collect();
    // Eight states with a lookup after each of their queues, and four counts.
    assert_eq!(of_runs.len(), 8 + 4 + 4, "{statements:#?}");
    for statement in of_runs {
        assert!(statement.contains("LIMIT 1"), "{statement}");
        let bound = statement.replace("$1", "'mail'").replace('?', "'mail'");
        assert_reads_an_index(&bound, &plan(&db, &bound).await);
    }
    Ok(())
}

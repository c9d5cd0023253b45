//! The statements of a call, and their plans.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use signals::{Db, Result};
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument as _, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::{Kind, kind, read, texts};

/// A statement that sqlx executed.
#[derive(Debug, Clone, Default)]
pub struct Executed {
    /// Its text on one line.
    pub text: String,
    summary: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Executed {
    /// Reads an event of sqlx.
    pub fn of(event: &Event<'_>) -> Self {
        let mut executed = Self::default();
        event.record(&mut executed);
        // sqlx puts a short statement only in the summary.
        let text = if executed.text.trim().is_empty() { &executed.summary } else { &executed.text };
        executed.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        executed
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
        statements.lock().unwrap().push(Executed::of(event).text);
    }
}

/// Installs the subscriber of this binary.
///
/// # Panics
///
/// If it has another one.
pub fn watch() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| tracing::subscriber::set_global_default(Registry::default().with(Watch)).unwrap());
}

/// Returns the statements of a call, which is made twice.
///
/// # Panics
///
/// If the call fails.
pub async fn statements(mut call: impl AsyncFnMut() -> Result<()>) -> Vec<String> {
    watch();
    let statements = Statements::default();
    let span = tracing::info_span!(target: "watched", "watched");
    tracing::Span::with_subscriber(&span, |(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>().unwrap();
        registry.span(id).unwrap().extensions_mut().insert(Arc::clone(&statements));
    });
    call().instrument(span).await.unwrap();
    // SQLite logs a statement after it was answered.
    call().await.unwrap();
    std::mem::take(&mut statements.lock().unwrap())
}

/// Returns the plan of a statement.
///
/// # Panics
///
/// If the database refuses.
pub async fn plan(db: &Db, statement: &str) -> String {
    match kind() {
        Kind::Memory | Kind::File => {
            let rows: Vec<(i64, i64, i64, String)> = read(db, format!("EXPLAIN QUERY PLAN {statement}")).await.unwrap();
            rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
        }
        Kind::Postgres => texts(db, format!("EXPLAIN {statement}")).await.join("\n"),
        Kind::Mysql => texts(db, format!("EXPLAIN FORMAT=JSON {statement}")).await.join("\n"),
    }
}

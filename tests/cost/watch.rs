//! A subscriber that records the statements of sqlx, and the spans and events of this library.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};

use signals::Db;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Instrument as _, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// What was seen, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

/// Runs `work`, and returns the statements that it executed: one entry for each string sent to the database.
///
/// sqlx executes and logs them on another thread, in the span of the caller. So one subscriber gets those of
/// all tests and distinguishes them by their span.
pub(crate) async fn statements(db: &Db, work: impl Future<Output = ()>) -> Vec<String> {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Statements)).expect("the first subscriber");
    });
    let log = Log::default();
    let span = tracing::info_span!(target: "watched", "watched");
    tracing::Span::with_subscriber(&span, |(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>().expect("the registry");
        registry.span(id).expect("an open span").extensions_mut().insert(log.clone());
    });
    work.instrument(span).await;
    // A statement is logged after it was answered. A connection is given back after that.
    drop(db.sqlite().expect("SQLite").acquire().await.expect("a connection"));
    log.take()
}

/// Runs `work`, and returns the spans and events of this library, each with its fields.
pub(crate) async fn spans(work: impl Future<Output = ()>) -> Vec<String> {
    let log = Log::default();
    work.with_subscriber(Registry::default().with(Spans(log.clone()))).await;
    log.take()
}

struct Statements;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Statements {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        ["sqlx::query", "watched"].contains(&metadata.target())
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.lookup_current() else { return };
        let Some(log) = span.extensions().get::<Log>().cloned() else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        // sqlx puts a short statement only in the summary.
        let text = fields.get("db.statement").filter(|text| !text.is_empty()).or_else(|| fields.get("summary"));
        log.push(text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

struct Spans(Log);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().target() != "signals" {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = context.span(id).and_then(|span| span.parent().map(|parent| parent.name())).unwrap_or("-");
        self.0.push(format!("{parent} > {} {}", attributes.metadata().name(), fields.shown()));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.0.push(format!("recorded {}", fields.shown()));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "signals" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.0.push(format!("{} {}", event.metadata().level(), fields.shown()));
        }
    }
}

#[derive(Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn shown(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}

//! The warnings of a program's first connect. It has a separate binary, because they are logged once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt;
use std::sync::{Arc, Mutex};

use signals::{AnyModel, Db, Model, post_delete, pre_delete, pre_save, receiver};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[derive(Debug, Model)]
#[model(table = "warnings_sensor")]
struct Sensor {
    id: i64,
}

#[derive(Debug, Model)]
#[model(table = "warnings_reading")]
struct Reading {
    id: i64,
    #[model(references = Sensor, on_delete = database)]
    sensor_id: i64,
}

#[receiver(pre_delete, sender = Reading)]
fn is_not_called(instance: &Reading) {
    let _ = instance;
}

#[receiver(pre_save, sender = Reading)]
fn is_called() {}

#[receiver(pre_save)]
fn hears_saves_alone() {}

#[receiver(post_delete)]
fn hears_all(instance: &dyn AnyModel) {
    let _ = instance;
}

#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "signals" && *event.metadata().level() == Level::WARN {
            let mut line = Line(String::new());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if ["message", "receiver"].contains(&field.name()) {
            self.0 = format!("{value:?} {}", self.0);
        }
    }
}

#[tokio::test]
async fn the_first_connect_warns_of_receivers_that_cannot_work_as_they_seem_to() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(warnings.clone()));
    Db::connect("sqlite::memory:").await.unwrap();
    Db::connect("sqlite::memory:").await.unwrap();
    let told = warnings.0.lock().unwrap().clone();
    let [unheard, of_all] = told.as_slice() else { panic!("{told:#?}") };
    assert!(unheard.contains("warnings::is_not_called") && unheard.contains("`on_delete = cascade`"), "{unheard}");
    assert!(unheard.contains("pre_delete of `Reading`") && unheard.contains("`sensor_id`"), "{unheard}");
    assert!(of_all.contains("warnings::hears_all") && of_all.contains("name the senders"), "{of_all}");
}

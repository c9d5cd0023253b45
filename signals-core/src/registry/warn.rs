//! Warnings about receivers that may not work as expected, logged once when the program connects.

use std::any::TypeId;
use std::sync::Once;

use super::{linked, models};
use crate::model::{AnyModel, ModelMeta, OnDelete, Reference};
use crate::signal::AnyReceiver;

/// Checks the linked models and receivers, and logs warnings. Does so only at its first call.
pub(crate) fn once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        receivers_of_database_cascades();
        receivers_of_every_delete();
    });
}

/// Warns about receivers of deletes that the database performs by itself, without signals.
fn receivers_of_database_cascades() {
    for meta in models::all() {
        let by_database = |(_, reference): &(&[usize], Reference)| reference.on_delete == OnDelete::Database;
        for (columns, reference) in meta.references().filter(by_database) {
            for receiver in linked::receivers_in_order().filter(|receiver| receives_deletes_of(*receiver, meta)) {
                let info = receiver.info();
                tracing::warn!(
                    target: "signals", receiver = info.path(), file = info.file(), line = info.line(),
                    "{} of `{}` is not sent for rows that the database deletes with what they reference by `{}`; write `on_delete = cascade` there",
                    receiver.signal(), meta.name(), meta.fields_of(columns, reference),
                );
            }
        }
    }
}

/// Warns about receivers that make every delete read the rows that it reaches.
fn receivers_of_every_delete() {
    for receiver in linked::receivers_in_order() {
        if receiver.key().1 == TypeId::of::<dyn AnyModel>() && sees_deletes(receiver) {
            let info = receiver.info();
            tracing::warn!(
                target: "signals", receiver = info.path(), file = info.file(), line = info.line(),
                "a receiver of {} without a sender makes every delete read each row that it reaches, of all models; name the senders that it is for",
                receiver.signal(),
            );
        }
    }
}

fn receives_deletes_of(receiver: &dyn AnyReceiver, meta: &ModelMeta) -> bool {
    receiver.key().1 == meta.type_id() && receiver.kind().is_of_deletes()
}

/// Returns whether deleted rows are read for this receiver. Receivers of saves that wait for the end of the
/// transaction also need to see deletes.
fn sees_deletes(receiver: &dyn AnyReceiver) -> bool {
    receiver.kind().is_of_deletes() || receiver.kind().is_at_end()
}

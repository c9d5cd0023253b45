//! The checks of a durable receiver.

use syn::ext::IdentExt;
use syn::{Ident, Type};

use crate::function::Function;
use crate::keys;
use crate::receiver::ir::{Param, Shape};
use crate::receiver::syntax::{Durable, ReceiverOptions, RunOptions};
use crate::sink::Sink;
use crate::task::{self, Given};
use crate::ty;

use super::moment::of_transactions;

/// Checks the options and the parameters of a durable receiver, and that no other receiver has its options.
pub(in crate::receiver) fn durable(options: &ReceiverOptions, function: &Function, sink: &mut Sink) {
    let Some(durable) = &options.durable else {
        for (key, word) in options.run.words.iter() {
            let message = format!("`{}` is an option of durable receivers; add `durable`, or leave it out", key.name);
            sink.push(word, message);
        }
        return;
    };
    moment(options, durable, sink);
    runs(options, sink);
    let params: Vec<_> = function.params().filter_map(Param::resolve).collect();
    for param in &params {
        parameter(param, durable, options.sender_key.is_some(), sink);
    }
    let given = |given| params.iter().find(|param| Given::by(param.ident) == Some(given));
    if let (Some(_), Some(db)) = (given(Given::Tx), given(Given::Db)) {
        let message = "writes on `db` are not part of the transaction `tx`; remove one of the two parameters";
        sink.push(db.ident, message);
    }
}

/// Checks the signals and the options for the moment of the call.
fn moment(options: &ReceiverOptions, durable: &Durable, sink: &mut Sink) {
    let ReceiverOptions { set, on_commit, on_rollback, each, robust, .. } = options;
    for word in [set, on_commit, on_rollback, each, robust].into_iter().flatten() {
        let message = format!("a worker calls a durable receiver after the commit, for each row; leave `{word}` out");
        sink.push(word, message);
    }
    for signal in &options.signals {
        match of_transactions(signal) {
            Some(name) if name.starts_with("pre_") => {
                let message = format!(
                    "`{name}` is sent before the write; `durable` goes with `post_save`, `post_delete` and `m2m_changed`"
                );
                sink.push(&durable.word, message);
            }
            Some(_) if options.sender_key.is_none() => {
                let message = "a durable receiver receives the rows of one model; name it: `sender = User`";
                sink.push(&durable.word, message);
            }
            _ => {}
        }
    }
    if let Some(second) = options.signals.get(1) {
        sink.push(second, "a durable receiver receives one signal; write a receiver for each");
    }
}

/// Checks the options of the runs.
fn runs(options: &ReceiverOptions, sink: &mut Sink) {
    let RunOptions { words, debounce, max_wait, .. } = &options.run;
    if let (None, Some(durable)) = (&options.sender_key, &options.durable)
        && let Some(word) = &durable.snapshot
    {
        sink.push(word, "the payload of a signal without a sender is stored as a whole; write `durable`");
    }
    task::priority(options.priority, sink);
    task::attempts(options.run.max_attempts, sink);
    let written = |key| words.find(key);
    if let (Some(_), Some(word)) = (written(keys::DEBOUNCE), written(keys::COALESCE)) {
        sink.push(word, "`debounce` merges the open runs of a row too; leave `coalesce` out");
    }
    let merges = written(keys::DEBOUNCE).or(written(keys::COALESCE));
    if let (Some(merges), Some(word)) = (merges, written(keys::PARALLEL)) {
        sink.push(word, format!("`{merges}` makes one run of several; leave it or `parallel` out"));
    }
    match (written(keys::DEBOUNCE), written(keys::MAX_WAIT)) {
        (None, Some(word)) => sink.push(word, "`max_wait` limits `debounce`; add it, or leave `max_wait` out"),
        (Some(_), Some(word)) if max_wait < debounce => {
            sink.push(word, "`max_wait` is shorter than `debounce`; write a longer time");
        }
        _ => {}
    }
}

fn parameter(param: &Param<'_>, durable: &Durable, is_of_model: bool, sink: &mut Sink) {
    let Param { ident, ty, shape } = param;
    if param.is_event() {
        let message = "a worker calls a durable receiver when the payload is gone; take its fields, such as `instance`";
        sink.push(ident, message);
    } else if let Some(given) = Given::by(ident) {
        let is_shared = matches!(ty::bare(ty), Type::Reference(reference) if reference.mutability.is_none());
        if !is_shared {
            let message = format!("the worker lends `{}` to the receiver; write `{}`", ident.unraw(), given.usage());
            sink.push(ty, message);
        }
    } else if param.is("previous") && is_of_model && durable.snapshot.is_none() {
        let message = "the row as it was before is stored only with `durable(snapshot)`";
        sink.push(ident, message);
    } else if param.is("instance") && is_of_model && matches!(shape, Shape::Value) {
        sink.push(ty, by_reference(ident));
    }
}

fn by_reference(ident: &Ident) -> String {
    format!("a receiver borrows the row; write `{0}: &User`, or `{0}: Option<&User>` if it may be gone", ident.unraw())
}

//! The checks of the attribute.

use syn::ext::IdentExt;
use syn::{Ident, Type};

use crate::fields;
use crate::receiver::syntax::{Condition, ReceiverOptions, Side, Transition};
use crate::sink::Sink;
use crate::ty;

/// The signals of the library.
const SIGNALS: [&str; 14] = [
    "connection_created",
    "got_request_exception",
    "m2m_changed",
    "post_delete",
    "post_migrate",
    "post_save",
    "pre_delete",
    "pre_migrate",
    "pre_save",
    "request_finished",
    "request_started",
    "user_logged_in",
    "user_logged_out",
    "user_login_failed",
];

/// Checks the attribute.
pub(in crate::receiver) fn options(options: &ReceiverOptions, sink: &mut Sink) {
    signals(options, sink);
    sender(options, sink);
    moment(options, sink);
    if let Some(Condition { word, entries }) = &options.changed {
        condition(options, word, sink);
        fields::distinct(entries, "leave one out", sink);
    }
    if let Some(Condition { word, entries }) = &options.when {
        condition(options, word, sink);
        let fix = "leave one out, or write a receiver for each";
        fields::distinct(entries.iter().map(|entry| &entry.field), fix, sink);
        transitions(entries, sink);
    }
}

fn signals(options: &ReceiverOptions, sink: &mut Sink) {
    for (i, signal) in options.signals.iter().enumerate() {
        if options.signals.iter().take(i).any(|before| before == signal) {
            let name = signal.segments.last().map(|last| last.ident.to_string());
            let name = name.unwrap_or_default();
            sink.push(signal, format!("the signal `{name}` is listed twice; leave one out"));
        }
        if let Some(written) = signal.get_ident()
            && let Some(meant) = written_otherwise(written)
        {
            sink.push(written, format!("`{written}` is not a signal; write `{meant}`"));
        }
    }
}

/// Returns the signal of the library whose name differs only in underscores and capitals. rustc would suggest
/// its payload, `PostSave`.
///
/// A custom signal with such a name must be written with its path.
fn written_otherwise(written: &Ident) -> Option<&'static str> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let written = written.unraw().to_string();
    SIGNALS.into_iter().find(|name| *name != written && plain(name) == plain(&written))
}

fn sender(options: &ReceiverOptions, sink: &mut Sink) {
    let Some(sender) = &options.sender else { return };
    match ty::bare(sender) {
        Type::TraitObject(_) => {
            let message = "a trait object is not a sender; leave `sender` out for every model";
            sink.push(sender, message);
        }
        Type::Reference(reference) => {
            let message = "a sender is a type, not a reference to it; leave the `&` out";
            sink.push(reference.and_token, message);
        }
        _ => {}
    }
}

/// Checks the moment of the call and the options for it.
fn moment(options: &ReceiverOptions, sink: &mut Sink) {
    let ReceiverOptions { set, on_commit, on_rollback, .. } = options;
    if let Some(word) = set
        && lacks_sender(options)
    {
        sink.push(word, "a set of rows has one type; name the model: `sender = User`");
    }
    let at_end = on_commit.as_ref().or(on_rollback.as_ref());
    if let (Some(_), Some(word)) = (set, at_end) {
        sink.push(word, format!("receivers of a set are called when it is written; leave `{word}` or `set` out"));
    }
    if let (Some(_), Some(word)) = (on_commit, on_rollback) {
        sink.push(word, "a transaction is committed or rolled back; write a receiver for each");
    }
    if let (Some(_), Some(word)) = (at_end, &options.robust) {
        let message = "what fails after the end of a transaction is logged in any case; leave `robust` out";
        sink.push(word, message);
    }
    if let (None, Some(word)) = (at_end, &options.each) {
        let message =
            "`each` goes with `on_commit` or `on_rollback`; without them the receiver is called for each write anyway";
        sink.push(word, message);
    }
}

/// Returns whether the sender is missing, and not because of another mistake.
fn lacks_sender(options: &ReceiverOptions) -> bool {
    options.sender_key.is_none() && !options.signals.is_empty()
}

fn condition(options: &ReceiverOptions, word: &Ident, sink: &mut Sink) {
    if options.set.is_some() {
        sink.push(word, format!("a condition is about one row, and a set has many; leave `{word}` or `set` out"));
    } else if lacks_sender(options) {
        sink.push(word, format!("`{word}` compares the fields of a model; name it: `sender = User`"));
    }
}

fn transitions(entries: &[Transition], sink: &mut Sink) {
    for Transition { field, before, after } in entries {
        if let (Side::Any, Side::Any) = (before, after) {
            let message =
                format!("from every value to every value is not a condition; write `changed({})`", field.unraw());
            sink.push(field, message);
        }
    }
}

//! The checks of a signal. Each check reports its own mistakes, independently of the others.

use std::collections::HashSet;

use syn::ext::IdentExt;
use syn::{GenericParam, Visibility};

use crate::cfg;
use crate::name::{is_snake_case, snake_case};
use crate::receiver::EVENT;
use crate::sink::Sink;

use super::syntax::WrittenSignal;

/// Removes the signals with the name of an earlier one: each would cause a dozen errors of the compiler.
pub(super) fn names(signals: &mut Vec<WrittenSignal>, sink: &mut Sink) {
    let mut taken = HashSet::new();
    signals.retain(|signal| {
        // With two conditions, it is possible that only one of the two is compiled.
        let is_new = taken.insert(signal.ident.clone()) || !cfg::conditions(&signal.attrs).is_empty();
        if !is_new {
            let name = signal.ident.unraw();
            sink.push(&signal.ident, format!("the signal `{name}` is made twice; leave one out"));
        }
        is_new
    });
}

/// Checks one signal.
pub(super) fn check(written: &WrittenSignal, sink: &mut Sink) {
    name(written, sink);
    generics(written, sink);
    visibility(written, sink);
    event(written, sink);
}

fn name(written: &WrittenSignal, sink: &mut Sink) {
    let name = written.ident.unraw().to_string();
    if is_snake_case(&name) {
        return;
    }
    let snake = snake_case(&name);
    let fix =
        if is_snake_case(&snake) { format!("write `{snake}`") } else { "write one like `order_shipped`".to_owned() };
    sink.push(&written.ident, format!("a signal's name is in snake_case, of ASCII letters and digits; {fix}"));
}

fn generics(written: &WrittenSignal, sink: &mut Sink) {
    let mut lifetimes = 0;
    for param in &written.generics.params {
        let message = match param {
            GenericParam::Lifetime(_) => {
                lifetimes += 1;
                if lifetimes == 1 {
                    continue;
                }
                "a payload is borrowed for one lifetime; use the first one for all its fields"
            }
            GenericParam::Type(_) | GenericParam::Const(_) => {
                "a signal is one type, so it has no generic parameters but a lifetime; \
                 write the type in the payload, or a signal for each"
            }
        };
        sink.push(param, message);
    }
}

fn event(written: &WrittenSignal, sink: &mut Sink) {
    for ident in written.fields.iter().filter_map(|field| field.ident.as_ref()) {
        if ident.unraw() == EVENT {
            let message = "a receiver's parameter `event` is the whole payload; name the field otherwise";
            sink.push(ident, message);
        }
    }
}

fn visibility(written: &WrittenSignal, sink: &mut Sink) {
    for field in &written.fields {
        if !matches!(field.vis, Visibility::Inherited) {
            let message = "the fields of a payload are as visible as their signal; leave the visibility out";
            sink.push(&field.vis, message);
        }
    }
}

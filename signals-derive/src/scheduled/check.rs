//! The checks of a schedule. Each check reports its own mistakes, independently of the others.

use proc_macro2::Span;
use syn::ext::IdentExt;

use crate::function::Function;
use crate::keys;
use crate::sink::Sink;

use super::item;
use super::syntax::ScheduledOptions;

/// Checks the attribute.
pub(super) fn options(options: &ScheduledOptions, sink: &mut Sink) {
    let written = &options.written;
    match (written.find(keys::CRON), written.find(keys::EVERY)) {
        (Some(_), Some(every)) => sink.push(every, "a schedule has `cron` or `every`; leave one of the two out"),
        (None, None) if !options.is_refused => {
            let message = "a schedule needs its times; write `cron = \"*/5 * * * *\"` or `every = \"30s\"`";
            sink.push_at(Span::call_site(), message);
        }
        (None, Some(_)) => {
            if let Some(tz) = written.find(keys::TZ) {
                sink.push(tz, "an interval is the same in each time zone; leave `tz` out, or write `cron`");
            }
        }
        _ => {}
    }
    if let (Some(missed), Some(overlap)) = (options.missed, options.overlap) {
        let message = match (missed.value, overlap.value) {
            ("all", "skip") => {
                "`skip` would drop all missed ticks but one; write `overlap = \"queue\"` or `overlap = \"allow\"`"
            }
            ("skip", "queue") => {
                "a tick that waits is missed, and `missed = \"skip\"` drops it; write `overlap = \"skip\"`, or \
                 `missed = \"last\"`"
            }
            _ => return,
        };
        sink.push_at(overlap.span, message);
    }
}

/// Checks the function. The checks of `#[task]` are not repeated.
pub(super) fn function(function: &Function, sink: &mut Sink) {
    for param in function.params() {
        if let Some(name) = item::argument(param) {
            let name = name.unraw();
            let message = format!(
                "a scheduled task has no arguments, because the beat has no values for them; leave `{name}` out (the \
                 worker lends `ctx: &Context`, `db: &Db` and `tx: &Tx`)"
            );
            sink.push(param, message);
        }
    }
    if let Some(second) = function.attrs.iter().find(|attr| item::is_scheduled(attr)) {
        sink.push(second, "a task has one schedule; write another task that calls the same function");
    }
}

//! `#[scheduled(..)]`: its syntax, its checks and its expansion.

mod check;
mod cron;
mod expand;
mod item;
mod syntax;
mod zones;

use proc_macro2::TokenStream;
use quote::quote;

use crate::sink::Sink;

pub(crate) use item::mark;
#[cfg(test)]
pub(crate) use zones::names as zone_names;

/// Registers the schedule of a task. The function itself is emitted unchanged.
pub(crate) fn scheduled(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let options = syntax::ScheduledOptions::read(args, &mut sink);
    check::options(&options, &mut sink);
    let function = item::read(item, options.is_below_task, &mut sink);
    if let Some(function) = &function {
        check::function(function, &mut sink);
    }
    let made = match (sink.finish(), &options.timing, function) {
        (None, Some(timing), Some(function)) => expand::expand(&options, timing, &function),
        (errors, ..) => errors.unwrap_or_default(),
    };
    quote!(#item #made)
}

//! `expect_receivers!`: reads the names, checks them, and generates the entries.

mod check;
mod expand;
mod syntax;

use proc_macro2::TokenStream;

use crate::sink::Sink;

/// Registers the expected receivers, or reports every name that cannot be one.
pub(crate) fn expect(input: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let written = syntax::read(input, &mut sink);
    if let Some(written) = &written {
        check::names(&written.names, &mut sink);
    }
    match (sink.finish(), written) {
        (None, Some(written)) => expand::expand(&written),
        (errors, _) => errors.unwrap_or_default(),
    }
}

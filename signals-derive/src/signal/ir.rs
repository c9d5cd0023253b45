//! The meaning of a signal.

use syn::ext::IdentExt;
use syn::{Ident, Lifetime};

use crate::name;

use super::syntax::WrittenSignal;

/// A signal and its payload.
pub(super) struct Signal<'a> {
    pub(super) written: &'a WrittenSignal,
    /// The name in the registry.
    pub(super) name: String,
    /// The name of the payload's struct.
    pub(super) payload: Ident,
    /// The lifetime of the payload, if it borrows.
    pub(super) lifetime: Option<&'a Lifetime>,
}

impl<'a> Signal<'a> {
    /// Resolves a signal that passed the checks.
    pub(super) fn resolve(written: &'a WrittenSignal) -> Self {
        let name = written.ident.unraw().to_string();
        Self {
            payload: Ident::new(&name::upper_camel_case(&name), written.ident.span()),
            lifetime: written.generics.lifetimes().next().map(|param| &param.lifetime),
            name,
            written,
        }
    }
}

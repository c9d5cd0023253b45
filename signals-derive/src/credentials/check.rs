//! The checks of credentials.

use quote::ToTokens;
use syn::{Data, DeriveInput, Fields};

use crate::sink::Sink;

const FIX: &str =
    "write a struct with named fields, or implement `LoginCredentials` by hand: `fn mask(&self) -> MaskedCredentials`";

/// Checks that the item is a struct with named fields.
pub(super) fn shape(input: &DeriveInput, sink: &mut Sink) {
    let mut refuse = |at: &dyn ToTokens, what: &str| sink.push(at, format!("{what}; {FIX}"));
    match &input.data {
        Data::Enum(data) => refuse(&data.enum_token, "an enum has other fields in each variant"),
        Data::Union(data) => refuse(&data.union_token, "a union's fields cannot be read"),
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => {}
            Fields::Unnamed(fields) => refuse(fields, "these fields have no names to be shown by"),
            Fields::Unit => refuse(&input.ident, "there is nothing to be shown or hidden"),
        },
    }
}

//! The fields of a struct, and lists of their names.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Ident};

use crate::sink::Sink;

/// Returns the named fields. An item of another kind has none.
pub(crate) fn named(input: &DeriveInput) -> impl Iterator<Item = &Field> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            Fields::Unnamed(_) | Fields::Unit => None,
        },
        Data::Enum(_) | Data::Union(_) => None,
    };
    named.into_iter().flatten()
}

/// Checks that each name is in the list only once.
pub(crate) fn distinct<'a>(names: impl IntoIterator<Item = &'a Ident>, fix: &str, sink: &mut Sink) {
    let mut seen: Vec<&Ident> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            sink.push(name, format!("the field `{}` is listed twice; {fix}", name.unraw()));
        }
        seen.push(name);
    }
}

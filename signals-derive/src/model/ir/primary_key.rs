//! The meaning of `primary_key`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Ident, Type};

use crate::keys;
use crate::model::syntax::WrittenField;

/// The columns of the primary key, at least one.
pub(crate) struct PrimaryKey<'a> {
    pub(crate) parts: Vec<KeyPart<'a>>,
}

/// One column of the primary key.
pub(crate) struct KeyPart<'a> {
    /// Its index among the columns.
    pub(crate) position: usize,
    pub(crate) field: &'a Ident,
    pub(crate) ty: &'a Type,
}

impl<'a> PrimaryKey<'a> {
    /// The maximum number of columns.
    pub(crate) const MOST_PARTS: usize = 5;

    /// Finds the fields that are marked, otherwise the field named `id`.
    pub(super) fn find(columns: &[&'a WrittenField<'a>]) -> Option<Self> {
        let marked = |field: &WrittenField<'_>| field.attrs.find(keys::PRIMARY_KEY).is_some();
        let named = |field: &WrittenField<'_>| field.ident.unraw() == "id";
        let parts = Self::of(columns, marked).or_else(|| Self::of(columns, named))?;
        Some(Self { parts })
    }

    fn of(columns: &[&'a WrittenField<'a>], chosen: impl Fn(&WrittenField<'_>) -> bool) -> Option<Vec<KeyPart<'a>>> {
        let chosen = columns.iter().enumerate().filter(|(_, field)| chosen(field));
        let parts: Vec<_> = chosen
            .map(|(position, written)| KeyPart { position, field: written.ident, ty: &written.field.ty })
            .collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// Returns whether it has several columns.
    pub(crate) fn is_composite(&self) -> bool {
        self.parts.len() > 1
    }

    /// Returns whether the column of this index is a part of it.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.parts.iter().any(|part| part.position == position)
    }

    /// Returns something made of each part: of one part alone, of several in parentheses.
    pub(crate) fn tuple<T: ToTokens>(&self, part: impl Fn(&KeyPart<'a>) -> T) -> TokenStream {
        let mut parts = self.parts.iter().map(part);
        match (parts.next(), self.is_composite()) {
            (Some(only), false) => only.to_token_stream(),
            (first, _) => {
                let all = first.into_iter().chain(parts);
                quote!((#(#all),*))
            }
        }
    }
}

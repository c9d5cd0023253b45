//! The meaning of a reference to a composite key.

use proc_macro2::TokenStream;
use syn::Ident;
use syn::ext::IdentExt;

use crate::model::on_delete::OnDelete;
use crate::model::syntax::WrittenReference;
use crate::ty;

/// Columns that hold the composite key of another model.
pub(crate) struct CompositeReference<'a> {
    /// The indexes of the columns, in the order of the key.
    pub(crate) positions: Vec<usize>,
    /// The names of the fields, for errors.
    pub(crate) fields: String,
    pub(crate) target: TokenStream,
    pub(crate) on_delete: OnDelete,
    /// The word of the `on_delete` action.
    pub(crate) word: &'a Ident,
}

impl<'a> CompositeReference<'a> {
    pub(super) fn resolve(
        written: &'a WrittenReference,
        this: &Ident,
        position: impl Fn(&Ident) -> Option<usize>,
    ) -> Option<Self> {
        let (on_delete, word) = written.on_delete.as_ref()?;
        let fields: Vec<_> = written.fields.iter().map(|field| field.unraw().to_string()).collect();
        Some(Self {
            positions: written.fields.iter().filter_map(position).collect(),
            fields: fields.join(", "),
            target: ty::named(&written.target, this),
            on_delete: *on_delete,
            word,
        })
    }
}

//! Credentials as they were written.

use syn::{Data, DeriveInput, Field, Fields, Ident, Type};

use crate::attr::{self, Reader};
use crate::crate_path::CratePath;
use crate::keys;
use crate::sink::Sink;

/// The struct with its attributes and fields.
pub(super) struct Struct<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) crate_path: CratePath,
    /// The named fields; an item that has none is refused by the check.
    pub(super) fields: Vec<WrittenField<'a>>,
}

/// A field and what its attribute says.
pub(super) struct WrittenField<'a> {
    pub(super) ident: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) is_shown: bool,
}

impl<'a> Struct<'a> {
    /// Reads the attributes of the item and of its fields.
    pub(super) fn read(input: &'a DeriveInput, sink: &mut Sink) -> Self {
        let mut crate_path = CratePath::default();
        Reader::new(&keys::CREDENTIALS, sink).attributes(&input.attrs, |key, _, input| {
            crate_path = CratePath::at(attr::path(key, input)?);
            Ok(())
        });
        let named = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => Some(&fields.named),
                Fields::Unnamed(_) | Fields::Unit => None,
            },
            Data::Enum(_) | Data::Union(_) => None,
        };
        let fields = named.into_iter().flatten().filter_map(|field| WrittenField::read(field, sink)).collect();
        Self { input, crate_path, fields }
    }
}

impl<'a> WrittenField<'a> {
    fn read(field: &'a Field, sink: &mut Sink) -> Option<Self> {
        let mut is_shown = false;
        Reader::new(&keys::CREDENTIAL, sink).attributes(&field.attrs, |_, _, _| {
            is_shown = true;
            Ok(())
        });
        Some(Self { ident: field.ident.as_ref()?, ty: &field.ty, is_shown })
    }
}

//! The syntax of credentials.

use syn::{DeriveInput, Field, Ident, Type};

use crate::attr::{self, Reader};
use crate::crate_path::CratePath;
use crate::fields;
use crate::keys;
use crate::sink::Sink;

/// The struct with its attributes and fields.
pub(super) struct Struct<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) crate_path: CratePath,
    /// The named fields. The check refuses an item without them.
    pub(super) fields: Vec<WrittenField<'a>>,
}

/// A field and its attribute.
pub(super) struct WrittenField<'a> {
    pub(super) ident: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) is_shown: bool,
}

impl<'a> Struct<'a> {
    /// Reads the attributes of the item and of its fields.
    pub(super) fn read(input: &'a DeriveInput, sink: &mut Sink) -> Self {
        let crate_path = attr::crate_path(&keys::CREDENTIALS, &input.attrs, sink);
        let fields = fields::named(input).filter_map(|field| WrittenField::read(field, sink)).collect();
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

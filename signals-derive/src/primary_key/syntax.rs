//! The syntax of a key type.

use quote::ToTokens;
use syn::{Data, DataEnum, DataStruct, DeriveInput, Field, Fields, Ident, Member};

use crate::attr;
use crate::crate_path::CratePath;
use crate::keys;
use crate::sink::Sink;

const FIX: &str = "a key is a struct with one field, such as `struct UserId(i64);`, or an enum without fields";

/// A key type.
pub(super) struct Item<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) crate_path: CratePath,
    pub(super) shape: Shape<'a>,
}

/// What a key consists of.
pub(super) enum Shape<'a> {
    /// The field of a newtype.
    Newtype { member: Member, field: &'a Field },
    /// The variants of an enum.
    Variants(Vec<&'a Ident>),
}

impl<'a> Item<'a> {
    /// Reads the item, or reports why it cannot be a key.
    pub(super) fn read(input: &'a DeriveInput, sink: &mut Sink) -> Option<Self> {
        let crate_path = attr::crate_path(&keys::KEY_TYPE, &input.attrs, sink);
        let shape = match &input.data {
            Data::Struct(data) => newtype(input, data, sink)?,
            Data::Enum(data) => variants(input, data, sink)?,
            Data::Union(data) => return refuse(&data.union_token, "a union's fields cannot be read", sink),
        };
        Some(Self { input, crate_path, shape })
    }
}

fn newtype<'a>(input: &'a DeriveInput, data: &'a DataStruct, sink: &mut Sink) -> Option<Shape<'a>> {
    let mut members = data.fields.members().zip(&data.fields);
    match (members.next(), members.next()) {
        (Some((member, field)), None) => Some(Shape::Newtype { member, field }),
        (None, _) => refuse(&input.ident, "this struct has no field", sink),
        (Some(_), Some((_, second))) => {
            refuse(second, "this struct has several fields, and a column stores one value", sink)
        }
    }
}

fn variants<'a>(input: &'a DeriveInput, data: &'a DataEnum, sink: &mut Sink) -> Option<Shape<'a>> {
    if data.variants.is_empty() {
        return refuse(&input.ident, "this enum has no variant", sink);
    }
    if let Some(variant) = data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit)) {
        return refuse(&variant.fields, "a variant with fields is not one value of a column", sink);
    }
    Some(Shape::Variants(data.variants.iter().map(|variant| &variant.ident).collect()))
}

fn refuse<T>(at: &dyn ToTokens, what: &str, sink: &mut Sink) -> Option<T> {
    sink.push(at, format!("{what}; {FIX}"));
    None
}

//! The meaning of references as constants, by which they are followed.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Ident, Type, Visibility};

use super::Model;
use crate::model::syntax::{RelationNames, WrittenField, WrittenReference};
use crate::name;
use crate::ty;

/// A reference with the constants for its two directions.
pub(crate) struct Followed<'a> {
    /// The indexes of the columns, in the order of the key.
    pub(crate) positions: Vec<usize>,
    pub(crate) target: TokenStream,
    /// The last segment of the target's path, for docs.
    pub(crate) target_name: String,
    /// Whether the target is this model.
    pub(crate) is_own: bool,
    /// The constant of the unique column, if it references one.
    pub(crate) to: Option<Ident>,
    /// The constant of this model. It has the visibility of the last field.
    pub(crate) forward: Option<Ident>,
    pub(crate) vis: &'a Visibility,
    /// The constant of the target.
    pub(crate) backward: Option<Ident>,
    /// Whether at most one row references each row of the target.
    pub(crate) is_unique: bool,
}

/// A reference as it is written, on a field or on the struct.
struct Written<'a> {
    positions: Vec<usize>,
    target: &'a Type,
    to: Option<&'a Ident>,
    names: &'a RelationNames,
}

impl<'a> Followed<'a> {
    /// Resolves the references of a model: those of single fields first.
    pub(super) fn all(
        model: &Model<'a>,
        fields: &[&'a WrittenField<'a>],
        composite: &'a [WrittenReference],
    ) -> Vec<Self> {
        let single = fields.iter().enumerate().filter_map(|(position, field)| {
            let attrs = &field.attrs;
            attrs.on_delete.as_ref()?;
            let (target, to) = (attrs.references.as_ref()?, attrs.to.as_ref());
            Some(Written { positions: vec![position], target, to, names: &attrs.names })
        });
        let composite = composite.iter().filter_map(|reference| {
            reference.on_delete.as_ref()?;
            let position = |name: &Ident| model.columns.iter().position(|column| column.field == name);
            let positions = reference.fields.iter().map(position).collect::<Option<Vec<_>>>()?;
            Some(Written { positions, target: &reference.target, to: None, names: &reference.names })
        });
        let written: Vec<_> = single.chain(composite).collect();
        let mut taken = taken(model, &written);
        written.into_iter().filter_map(|written| Self::resolve(written, model, &mut taken)).collect()
    }

    fn resolve(written: Written<'a>, model: &Model<'a>, taken: &mut HashSet<Ident>) -> Option<Self> {
        let Written { positions, target, to, names } = written;
        let last = model.columns.get(*positions.last()?)?;
        let explicit = names.relation.as_ref().map(name::constant);
        let forward = explicit.or_else(|| implied(last.field).filter(|name| taken.insert(name.clone())));
        Some(Self {
            is_unique: model.is_unique(&positions),
            target: ty::named(target, model.ident),
            target_name: ty::name(target)?.unraw().to_string(),
            is_own: ty::is_own(target, model.ident),
            to: to.map(name::constant),
            forward,
            vis: last.vis,
            backward: names.related.as_ref().map(name::constant),
            positions,
        })
    }
}

impl Model<'_> {
    /// Returns whether a column or a reference has a constant of this name.
    pub(crate) fn has_constant(&self, name: &Ident) -> bool {
        let backward = |it: &&Followed<'_>| it.is_own && it.backward.as_ref() == Some(name);
        let is_of_reference = |it: &Followed<'_>| it.forward.as_ref() == Some(name) || backward(&it);
        self.columns.iter().any(|column| column.constant == *name) || self.followed.iter().any(is_of_reference)
    }

    /// Returns whether no two rows have the same values in these columns.
    fn is_unique(&self, positions: &[usize]) -> bool {
        let all = |unique: &[usize]| !unique.is_empty() && unique.iter().all(|column| positions.contains(column));
        let columns = self.columns.iter().enumerate();
        let mut single = columns.filter(|(_, column)| column.is_unique()).map(|(position, _)| [position]);
        let key: Vec<_> = self.key.iter().flat_map(|key| &key.parts).map(|part| part.position).collect();
        all(&key) || single.any(|column| all(&column)) || self.unique.iter().any(|columns| all(columns))
    }
}

/// Returns the constants that a constant without a name of its own must not have: those of columns, of references with
/// names, and of many-to-many relations.
fn taken(model: &Model<'_>, references: &[Written<'_>]) -> HashSet<Ident> {
    let columns = model.columns.iter().map(|column| column.constant.clone());
    let relations = model.relations.iter().flat_map(|relation| {
        let related = relation.related.filter(|_| relation.is_own);
        std::iter::once(relation.name).chain(related).map(name::constant)
    });
    let references = references.iter().flat_map(|reference| {
        let related = reference.names.related.as_ref().filter(|_| ty::is_own(reference.target, model.ident));
        reference.names.relation.iter().chain(related).map(name::constant)
    });
    columns.chain(relations).chain(references).collect()
}

/// Returns the constant of a field whose name ends with `_id`: `USER` for `user_id`.
fn implied(field: &Ident) -> Option<Ident> {
    let name = field.unraw().to_string();
    let name = name.strip_suffix("_id").filter(|name| !name.is_empty())?;
    Some(format_ident!("{}", name.to_ascii_uppercase(), span = field.span()))
}

//! The meaning of a many-to-many relation.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use crate::keys;
use crate::model::syntax::WrittenRelation;
use crate::name;
use crate::span;
use crate::ty;

/// A relation and the model of its links.
pub(crate) struct Relation<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) target: TokenStream,
    /// The last segment of the target's path, for docs.
    pub(crate) target_name: String,
    /// The name of the target's method for the reverse direction.
    pub(crate) related: Option<&'a Ident>,
    pub(crate) is_symmetrical: bool,
    pub(crate) through: TokenStream,
    /// The model of the links, if it is generated.
    pub(crate) link: Option<ThroughModel>,
    /// The constants of the two columns, if they are known. The models alone do not determine which column
    /// belongs to which side, because one may be an alias of the other.
    pub(crate) columns: Option<[Ident; 2]>,
}

/// The generated model of a relation's links.
pub(crate) struct ThroughModel {
    pub(crate) ident: Ident,
    pub(crate) table: String,
    /// The field with the key of the model that has the relation.
    pub(crate) from: Ident,
    /// The field with the key of the target.
    pub(crate) to: Ident,
    /// Whether the names of the two models do not distinguish the fields, because they are one model or have
    /// the same name.
    pub(crate) is_between_namesakes: bool,
}

impl<'a> Relation<'a> {
    /// Resolves a relation to a model that has a name.
    pub(super) fn resolve(written: &'a WrittenRelation, this: &Ident, table: &str) -> Option<Self> {
        let target = ty::name(&written.target)?;
        let target = if target == "Self" { this } else { target }.unraw();
        let (through, link, columns) = if let Some(through) = &written.through {
            let columns = match written.through_fields.as_slice() {
                [from, to] => Some([name::constant(from), name::constant(to)]),
                _ => None,
            };
            (ty::named(through, this), None, columns)
        } else {
            let link = ThroughModel::resolve(written, &this.unraw(), &target, table);
            let columns = [name::constant(&link.from), name::constant(&link.to)];
            (link.ident.to_token_stream(), Some(link), Some(columns))
        };
        Some(Self {
            name: &written.name,
            target: ty::named(&written.target, this),
            target_name: target.to_string(),
            related: written.related.as_ref(),
            is_symmetrical: written.find(keys::SYMMETRICAL).is_some(),
            through,
            link,
            columns,
        })
    }
}

impl ThroughModel {
    fn resolve(written: &WrittenRelation, this: &Ident, target: &Ident, table: &str) -> Self {
        let relation = written.name.unraw().to_string();
        let key_of = |model: &Ident| [&name::snake_case(&model.to_string()), "_id"].concat();
        let (from, to) = (key_of(this), key_of(target));
        let is_between_namesakes = from == to;
        let (from, to) =
            if is_between_namesakes { (["from_", &from].concat(), ["to_", &to].concat()) } else { (from, to) };
        let ident = [&this.to_string(), name::upper_camel_case(&relation).as_str()].concat();
        let span = span::at(&written.name);
        Self {
            ident: Ident::new(&ident, span),
            table: written.table.as_ref().map_or_else(|| [table, "_", &relation].concat(), LitStr::value),
            from: Ident::new(&from, span),
            to: Ident::new(&to, span),
            is_between_namesakes,
        }
    }
}

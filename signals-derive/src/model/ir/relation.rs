//! The meaning of a many-to-many relation.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use super::PrimaryKey;
use crate::keys;
use crate::model::syntax::{WrittenColumn, WrittenRelation};
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
    /// Whether the target is this model.
    pub(crate) is_own: bool,
    pub(crate) is_symmetrical: bool,
    pub(crate) through: TokenStream,
    /// The model of the links, if it is generated.
    pub(crate) link: Option<ThroughModel>,
    /// The constants of the columns of each side, if they are known. The models alone do not determine which column
    /// belongs to which side, because one may be an alias of the other.
    pub(crate) columns: Option<[Vec<Ident>; 2]>,
}

/// The generated model of a relation's links.
pub(crate) struct ThroughModel {
    pub(crate) ident: Ident,
    pub(crate) table: String,
    /// The schema of the table: its own, or that of the model.
    pub(crate) schema: Option<String>,
    /// The fields with the key of the model that has the relation.
    pub(crate) from: Vec<Ident>,
    /// The fields with the key of the target.
    pub(crate) to: Vec<Ident>,
    /// The columns of all fields, if they are the key of the links. Otherwise links have an `id`.
    pub(crate) columns: Option<Vec<String>>,
    /// Whether the names of the two models do not distinguish the fields, because they are one model or have
    /// the same name.
    pub(crate) is_between_namesakes: bool,
}

impl<'a> Relation<'a> {
    /// Resolves a relation to a model that has a name.
    pub(super) fn resolve(
        written: &'a WrittenRelation,
        this: &Ident,
        key: Option<&PrimaryKey<'_>>,
        table: &str,
        schema: Option<&str>,
    ) -> Option<Self> {
        let target = ty::name(&written.target)?;
        let target = if target == "Self" { this } else { target }.unraw();
        let (through, link, columns) = if let Some(through) = &written.through {
            let ends = written.through_fields.split_at_checked(key.map_or(1, |key| key.parts.len()));
            let constants = |fields: &[Ident]| fields.iter().map(name::constant).collect();
            let columns = ends.filter(|(_, to)| !to.is_empty()).map(|(from, to)| [constants(from), constants(to)]);
            (ty::named(through, this), None, columns)
        } else {
            let link = ThroughModel::resolve(written, this, key, &target, table, schema);
            let columns = [&link.from, &link.to].map(|fields| fields.iter().map(name::constant).collect());
            (link.ident.to_token_stream(), Some(link), Some(columns))
        };
        Some(Self {
            name: &written.name,
            target: ty::named(&written.target, this),
            target_name: target.to_string(),
            related: written.related.as_ref(),
            is_own: ty::is_own(&written.target, this),
            is_symmetrical: written.find(keys::SYMMETRICAL).is_some(),
            through,
            link,
            columns,
        })
    }
}

impl ThroughModel {
    fn resolve(
        written: &WrittenRelation,
        this: &Ident,
        key: Option<&PrimaryKey<'_>>,
        target: &Ident,
        table: &str,
        schema: Option<&str>,
    ) -> Self {
        let relation = written.name.unraw().to_string();
        let [from, to] = link_fields(written, this, key);
        let this = this.unraw();
        let ident = [&this.to_string(), name::upper_camel_case(&relation).as_str()].concat();
        Self {
            ident: Ident::new(&ident, span::at(&written.name)),
            table: written.table.as_ref().map_or_else(|| [table, "_", &relation].concat(), LitStr::value),
            schema: written.schema.as_ref().map(LitStr::value).or_else(|| schema.map(str::to_owned)),
            columns: (written.columns.len() == from.len() + to.len())
                .then(|| written.columns.iter().map(WrittenColumn::name).collect()),
            is_between_namesakes: name::snake_case(&this.to_string()) == name::snake_case(&target.to_string()),
            from,
            to,
        }
    }
}

/// Returns the fields of the generated links: those with the key of `this`, and those with the key of the target. Names
/// of columns that are not those of fields do not count.
pub(crate) fn link_fields(written: &WrittenRelation, this: &Ident, key: Option<&PrimaryKey<'_>>) -> [Vec<Ident>; 2] {
    let parts: Vec<String> = key.iter().flat_map(|key| &key.parts).map(|part| part.field.unraw().to_string()).collect();
    let own = parts.len().max(1);
    let names_of = |model: &Ident, parts: &[String]| -> Vec<String> {
        let model = name::snake_case(&model.unraw().to_string());
        let part = |part| [&model, "_", part].concat();
        if parts.len() > 1 { parts.iter().map(|it| part(it)).collect() } else { vec![part("id")] }
    };
    let from = names_of(this, &parts);
    let to = match ty::name(&written.target) {
        _ if ty::is_own(&written.target, this) => from.clone(),
        // The fields of another model's key are not known, only their number.
        Some(target) => match written.columns.len().saturating_sub(own) {
            0 | 1 => names_of(target, &[]),
            others => names_of(target, &(1..=others).map(|part| format!("key_{part}")).collect::<Vec<_>>()),
        },
        None => names_of(this, &[]),
    };
    let are_namesakes = from.iter().any(|name| to.contains(name));
    let field = |column: Option<&WrittenColumn>, way: &str, default: &String| match column {
        Some(WrittenColumn::Field(field)) => field.clone(),
        _ if are_namesakes => Ident::new(&[way, default].concat(), span::at(&written.name)),
        _ => Ident::new(default, span::at(&written.name)),
    };
    // Fewer columns are an error, and their names would be those of fields on the other side.
    let mut columns = written.columns.iter().filter(|_| written.columns.len() > own);
    [("from_", from), ("to_", to)]
        .map(|(way, names)| names.iter().map(|name| field(columns.next(), way, name)).collect())
}

//! The meaning of a model: every default is filled in, and the original nodes are kept for their spans.

mod followed;
mod primary_key;
mod reference;
mod relation;

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Generics, Ident, LitStr, Path, Type, Visibility};

use crate::crate_path::CratePath;
use crate::keys;
use crate::name;
use crate::ty;

use super::on_delete::OnDelete;
use super::stored_form::StoredForm;
use super::syntax::{FieldAttrs, Struct, WrittenField};

pub(crate) use followed::Followed;
pub(crate) use primary_key::{KeyPart, PrimaryKey};
pub(crate) use reference::CompositeReference;
pub(crate) use relation::{Relation, ThroughModel, link_fields};

/// A struct that is a table.
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) crate_path: &'a CratePath,
    pub(crate) table: String,
    pub(crate) schema: Option<String>,
    /// Whether `create_tables` creates the table.
    pub(crate) managed: bool,
    /// The name that the table had before.
    pub(crate) was: Option<String>,
    pub(crate) columns: Vec<Column<'a>>,
    pub(crate) skipped: Vec<Skipped<'a>>,
    /// The primary key, if there is one.
    pub(crate) key: Option<PrimaryKey<'a>>,
    /// The indexes of columns that are unique together.
    pub(crate) unique: Vec<Vec<usize>>,
    /// The indexes of the columns of each index over several columns.
    pub(crate) indexes: Vec<Vec<usize>>,
    /// The references to composite keys.
    pub(crate) references: Vec<CompositeReference<'a>>,
    pub(crate) relations: Vec<Relation<'a>>,
    /// The references as constants.
    pub(crate) followed: Vec<Followed<'a>>,
    /// The function that checks an instance before it is saved.
    pub(crate) validate: Option<&'a Path>,
    /// Whether a SELECT after each write reads what the database filled.
    pub(crate) is_reread: bool,
    /// Whether triggers record the writes of others.
    pub(crate) is_captured: bool,
}

/// A field that is a column.
pub(crate) struct Column<'a> {
    pub(crate) field: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    /// The name in the database.
    pub(crate) name: String,
    /// The source of that name.
    pub(crate) name_span: Span,
    /// The name of the column's constant.
    pub(crate) constant: Ident,
    pub(crate) form: Form,
    /// The form in which SQLite keeps the values, if not that of their type.
    pub(crate) stored: Option<&'a StoredForm>,
    pub(crate) traits: Vec<Trait<'a>>,
}

/// How a column's value is stored.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// As the type itself.
    Plain,
    /// As JSON text or the database's own JSON.
    Json,
}

/// The other properties of a column.
pub(crate) enum Trait<'a> {
    PrimaryKey,
    Unique,
    Index,
    AutoNow,
    AutoNowAdd,
    Generated,
    ReadOnly,
    DbDefault,
    InsertOnly,
    Version,
    Was(String),
    SqlType(String),
    DefaultSql(String),
    References(Reference<'a>),
}

/// The model whose primary key a column holds, or whose unique column.
pub(crate) struct Reference<'a> {
    pub(crate) target: TokenStream,
    /// The constant of the unique column.
    pub(crate) to: Option<Ident>,
    pub(crate) on_delete: OnDelete,
    /// The word of the `on_delete` action.
    pub(crate) word: &'a Ident,
}

/// A field that is not a column.
pub(crate) struct Skipped<'a> {
    pub(crate) field: &'a Ident,
    pub(crate) ty: &'a Type,
}

impl<'a> Model<'a> {
    /// Resolves the syntax, including mistakes. The checks follow later.
    pub(crate) fn resolve(written: &'a Struct<'a>) -> Self {
        let ident = &written.input.ident;
        let (skipped, kept): (Vec<_>, Vec<_>) =
            written.fields.iter().partition(|field| field.attrs.find(keys::SKIP).is_some());
        let key = PrimaryKey::find(&kept);
        let table = written.attrs.table.as_ref().map(LitStr::value);
        let table = table.unwrap_or_else(|| name::snake_case(&ident.unraw().to_string()));
        let schema = written.attrs.schema.as_ref().map(LitStr::value);
        let is_key = |position| key.as_ref().is_some_and(|key| key.contains(position));
        let columns: Vec<_> =
            kept.iter().enumerate().map(|(position, field)| Column::resolve(field, ident, is_key(position))).collect();
        let position = |name: &Ident| columns.iter().position(|column| column.field == name);
        let positions =
            |lists: &[Vec<Ident>]| lists.iter().map(|names| names.iter().filter_map(position).collect()).collect();
        let relations = &written.attrs.relations;
        let mut model = Self {
            ident,
            vis: &written.input.vis,
            generics: &written.input.generics,
            crate_path: &written.attrs.crate_path,
            relations: relations
                .iter()
                .filter_map(|it| Relation::resolve(it, ident, key.as_ref(), &table, schema.as_deref()))
                .collect(),
            unique: positions(&written.attrs.unique),
            indexes: positions(&written.attrs.indexes),
            references: written
                .attrs
                .references
                .iter()
                .filter_map(|it| CompositeReference::resolve(it, ident, position))
                .collect(),
            validate: written.attrs.validate.as_ref(),
            is_reread: written.attrs.reread.is_some(),
            is_captured: written.attrs.capture.is_some(),
            table,
            schema,
            managed: written.attrs.managed.unwrap_or(true),
            was: written.attrs.was.as_ref().map(LitStr::value),
            columns,
            skipped: skipped.into_iter().map(Skipped::resolve).collect(),
            key,
            followed: Vec::new(),
        };
        model.followed = Followed::all(&model, &kept, &written.attrs.references);
        model
    }
}

impl<'a> Column<'a> {
    fn resolve(written: &'a WrittenField<'a>, this: &Ident, is_key: bool) -> Self {
        let attrs = &written.attrs;
        Self {
            field: written.ident,
            vis: &written.field.vis,
            ty: &written.field.ty,
            constant: name::constant(written.ident),
            name: attrs.column.as_ref().map_or_else(|| written.ident.unraw().to_string(), LitStr::value),
            name_span: attrs.column.as_ref().map_or_else(|| written.ident.span(), LitStr::span),
            form: match attrs.find(keys::JSON) {
                Some(_) => Form::Json,
                None => Form::Plain,
            },
            stored: attrs.sqlite.as_ref(),
            traits: Trait::all(attrs, this, is_key),
        }
    }

    /// Returns the name of the generated constant of its codec.
    pub(crate) fn values(&self) -> Ident {
        format_ident!("__{}", self.constant.unraw(), span = Span::call_site())
    }

    /// Returns whether the column is set to the present time before a write.
    pub(crate) fn is_stamped(&self) -> bool {
        let stamps = |it: &Trait<'_>| matches!(it, Trait::AutoNow | Trait::AutoNowAdd);
        self.traits.iter().any(stamps)
    }

    /// Returns whether the column is unique by itself.
    fn is_unique(&self) -> bool {
        self.traits.iter().any(|it| matches!(it, Trait::Unique))
    }

    /// Returns whether the program only reads the column.
    pub(crate) fn is_only_read(&self) -> bool {
        self.traits.iter().any(|it| matches!(it, Trait::Generated | Trait::ReadOnly))
    }

    /// Returns whether values of the column come back from the database.
    pub(crate) fn is_filled(&self) -> bool {
        self.is_only_read()
            || self.traits.iter().any(|it| matches!(it, Trait::DbDefault | Trait::InsertOnly | Trait::Version))
    }
}

impl<'a> Trait<'a> {
    fn all(attrs: &'a FieldAttrs, this: &Ident, is_key: bool) -> Vec<Self> {
        let flag = |key, it| attrs.find(key).map(|_| it);
        [
            is_key.then_some(Self::PrimaryKey),
            flag(keys::UNIQUE, Self::Unique),
            flag(keys::INDEX, Self::Index),
            flag(keys::AUTO_NOW, Self::AutoNow),
            flag(keys::AUTO_NOW_ADD, Self::AutoNowAdd),
            flag(keys::GENERATED, Self::Generated),
            flag(keys::READ_ONLY, Self::ReadOnly),
            flag(keys::DB_DEFAULT, Self::DbDefault),
            flag(keys::INSERT_ONLY, Self::InsertOnly),
            flag(keys::VERSION, Self::Version),
            attrs.was.as_ref().map(|text| Self::Was(text.value())),
            attrs.sql_type.as_ref().map(|text| Self::SqlType(text.value())),
            attrs.default_sql.clone().map(Self::DefaultSql),
            Reference::resolve(attrs, this).map(Self::References),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl<'a> Reference<'a> {
    fn resolve(attrs: &'a FieldAttrs, this: &Ident) -> Option<Self> {
        let target = ty::named(attrs.references.as_ref()?, this);
        let (on_delete, word) = attrs.on_delete.as_ref()?;
        let to = attrs.to.as_ref().map(name::constant);
        Some(Self { target, to, on_delete: *on_delete, word })
    }
}

impl<'a> Skipped<'a> {
    fn resolve(written: &'a WrittenField<'a>) -> Self {
        Self { field: written.ident, ty: &written.field.ty }
    }
}

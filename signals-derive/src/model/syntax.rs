//! The syntax of a model.

mod reference;
mod relation;

use syn::parse::ParseStream;
use syn::{DeriveInput, Field, Ident, LitStr, Path, Result, Type};

use crate::attr::{self, Reader, WrittenKeys};
use crate::crate_path::CratePath;
use crate::fields;
use crate::keys::{self, Key};
use crate::sink::Sink;

use super::on_delete::OnDelete;
use super::stored_form::StoredForm;

pub(crate) use reference::WrittenReference;
pub(crate) use relation::{WrittenColumn, WrittenRelation};

/// The struct with its attributes and fields.
pub(crate) struct Struct<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) attrs: StructAttrs,
    /// The named fields. The checks refuse an item without them.
    pub(crate) fields: Vec<WrittenField<'a>>,
}

/// The contents of `#[model(..)]` on the struct.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) crate_path: CratePath,
    pub(crate) table: Option<LitStr>,
    pub(crate) schema: Option<LitStr>,
    pub(crate) was: Option<LitStr>,
    /// The function that checks an instance before it is saved.
    pub(crate) validate: Option<Path>,
    /// The word `reread`.
    pub(crate) reread: Option<Ident>,
    /// The word `capture`.
    pub(crate) capture: Option<Ident>,
    /// The fields of each list of `unique(..)`.
    pub(crate) unique: Vec<Vec<Ident>>,
    /// The fields of each list of `index(..)`.
    pub(crate) indexes: Vec<Vec<Ident>>,
    pub(crate) references: Vec<WrittenReference>,
    pub(crate) managed: Option<bool>,
    pub(crate) relations: Vec<WrittenRelation>,
}

/// A field and its attributes.
pub(crate) struct WrittenField<'a> {
    pub(crate) field: &'a Field,
    pub(crate) ident: &'a Ident,
    pub(crate) attrs: FieldAttrs,
}

/// The contents of `#[model(..)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) keys: WrittenKeys,
    pub(crate) column: Option<LitStr>,
    pub(crate) was: Option<LitStr>,
    pub(crate) sql_type: Option<LitStr>,
    /// The form in which SQLite keeps the values.
    pub(crate) sqlite: Option<StoredForm>,
    pub(crate) default_sql: Option<String>,
    pub(crate) references: Option<Type>,
    /// The field of the other model that is referenced in place of its key.
    pub(crate) to: Option<Ident>,
    /// The action of a delete, with its word.
    pub(crate) on_delete: Option<(OnDelete, Ident)>,
    pub(crate) names: RelationNames,
}

/// The names of a reference's constants.
#[derive(Default)]
pub(crate) struct RelationNames {
    /// The name of this model's constant.
    pub(crate) relation: Option<Ident>,
    /// The name of the other model's constant, for the way back.
    pub(crate) related: Option<Ident>,
}

impl<'a> Struct<'a> {
    /// Reads the attributes of the item and of its fields.
    pub(crate) fn read(input: &'a DeriveInput, sink: &mut Sink) -> Self {
        let mut attrs = StructAttrs::default();
        Reader::new(&keys::MODEL, sink).attributes(&input.attrs, |key, word, input| attrs.take(key, word, input));
        let fields = fields::named(input).filter_map(|field| WrittenField::read(field, sink)).collect();
        Self { input, attrs, fields }
    }
}

impl StructAttrs {
    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        match key {
            keys::REREAD => self.reread = Some(word),
            keys::VALIDATE => self.validate = Some(attr::path(key, input)?),
            keys::CAPTURE => self.capture = Some(word),
            keys::CRATE => self.crate_path = CratePath::at(attr::path(key, input)?),
            keys::TABLE => self.table = Some(attr::string(key, input)?),
            keys::SCHEMA => self.schema = Some(attr::string(key, input)?),
            keys::WAS => self.was = Some(attr::string(key, input)?),
            keys::UNIQUE_TOGETHER => self.unique.extend(attr::lists_of_names(key, input)?),
            keys::INDEX_TOGETHER => self.indexes.extend(attr::lists_of_names(key, input)?),
            keys::REFERENCES_TOGETHER => {
                let mut sink = Sink::default();
                let read = attr::list(input, |input| WrittenReference::read(input, &mut sink));
                self.references.extend(sink.ok(read));
                sink.into_result()?;
            }
            keys::MANAGED => self.managed = Some(attr::boolean(key, input)?),
            keys::MANY_TO_MANY => {
                let mut sink = Sink::default();
                let read = attr::list(input, |input| WrittenRelation::read(input, &mut sink));
                self.relations.extend(sink.ok(read));
                sink.into_result()?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl<'a> WrittenField<'a> {
    fn read(field: &'a Field, sink: &mut Sink) -> Option<Self> {
        let mut attrs = FieldAttrs::default();
        Reader::new(&keys::FIELD, sink).attributes(&field.attrs, |key, word, input| attrs.take(key, word, input));
        let ident = field.ident.as_ref()?;
        Some(Self { field, ident, attrs })
    }
}

impl FieldAttrs {
    /// Returns the word of the key in the source.
    pub(crate) fn find(&self, key: Key) -> Option<&Ident> {
        self.keys.find(key)
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        self.keys.push(key, word);
        match key {
            keys::COLUMN => self.column = Some(attr::string(key, input)?),
            keys::WAS => self.was = Some(attr::string(key, input)?),
            keys::SQL_TYPE => self.sql_type = Some(attr::string(key, input)?),
            keys::SQLITE => self.sqlite = Some(StoredForm::read(key, input)?),
            keys::DEFAULT => self.default_sql = Some(attr::default_sql(input)?),
            keys::REFERENCES => self.references = Some(attr::ty(key, input)?),
            keys::TO => self.to = Some(attr::word(key, input)?),
            keys::ON_DELETE => self.on_delete = Some(OnDelete::read(key, input)?),
            keys::REVERSE => self.names.related = Some(attr::word(key, input)?),
            keys::RELATION_NAME => self.names.relation = Some(attr::word(key, input)?),
            _ => {}
        }
        Ok(())
    }
}

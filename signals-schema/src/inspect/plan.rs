//! The models of the tables: their names, fields and keys.

use std::collections::{BTreeMap, HashSet};

use super::names::Names;
use super::{attributes, links, references};
use crate::description::{ColumnSchema, ForeignKey, Generation, Schema, Table, TableKind};
use crate::dialect::Dialect;
use crate::rust_type::{RustType, compiled_in, rust_type};

/// The maximum number of columns of a key.
pub(super) const MOST_KEYS: usize = 5;

/// The models of a schema.
pub(super) struct Plan<'a> {
    pub(super) models: Vec<Planned<'a>>,
    /// The enums, by the names of their types in the database.
    pub(super) enums: BTreeMap<String, Enum>,
}

/// An enum of the database.
pub(super) struct Enum {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// A table that becomes a struct.
pub(super) struct Planned<'a> {
    pub(super) table: &'a Table,
    /// The schema that the model names.
    pub(super) schema: Option<&'a str>,
    pub(super) name: String,
    /// Why the struct is a comment.
    pub(super) why_not: Option<String>,
    pub(super) fields: Vec<Field<'a>>,
    /// The indexes of the fields of the key.
    pub(super) key: Vec<usize>,
    /// The entries of `#[model(..)]` on the struct.
    pub(super) attributes: Vec<String>,
    pub(super) notes: Vec<String>,
    /// The table of the model whose relation makes the struct, if one does.
    pub(super) made_by: Option<&'a Table>,
    dialect: Dialect,
}

/// A column that becomes a field.
pub(super) struct Field<'a> {
    pub(super) column: &'a ColumnSchema,
    pub(super) name: String,
    /// The type, or why the field is a comment.
    pub(super) ty: Result<RustType, String>,
    pub(super) is_nullable: bool,
    /// The entries of `#[model(..)]`.
    pub(super) attributes: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) has_reference: bool,
}

impl<'a> Plan<'a> {
    /// Plans the models of the chosen tables.
    pub(super) fn of(schema: &'a Schema, chosen: impl Fn(&Table) -> bool) -> Self {
        let dialect = Dialect::of(schema.backend);
        let (mut names, mut enums) = (Names::default(), BTreeMap::new());
        // The tables have the plain names, and enums have what is left.
        let is_read = |table: &Table| table.is_visible || schema.named_schema(table).is_some();
        let of_models =
            |table: &&Table| is_read(table) && table.problem.is_none() && table.kind != TableKind::Partition;
        let tables: Vec<_> = schema.tables.iter().filter(of_models).filter(|table| chosen(table)).collect();
        let structs: Vec<_> = tables.iter().map(|table| names.of_struct(&table.name)).collect();
        let mut models: Vec<_> = tables
            .into_iter()
            .zip(structs)
            .map(|(table, name)| {
                let schema = schema.named_schema(table);
                Planned { schema, ..Planned::of(dialect, table, name, &mut names, &mut enums) }
            })
            .collect();
        references::plan(&mut models);
        attributes::plan(dialect, &mut models);
        links::plan(&mut models);
        Self { models, enums }
    }
}

impl<'a> Planned<'a> {
    fn of(
        dialect: Dialect,
        table: &'a Table,
        name: String,
        names: &mut Names,
        enums: &mut BTreeMap<String, Enum>,
    ) -> Self {
        let (mut field_names, compiled_in) = (Names::default(), compiled_in());
        let mut seen = HashSet::new();
        let mut field = |column: &'a ColumnSchema| {
            let enum_name = |type_name: &str| {
                let (shown, values) = (column.sql_type.text.clone(), column.sql_type.values.clone());
                let new = || Enum { name: names.of_struct(type_name), values };
                enums.entry(shown).or_insert_with(new).name.clone()
            };
            let ty = if seen.insert(column.name.to_lowercase()) {
                rust_type(dialect, column, &compiled_in, enum_name)
            } else {
                Err("another column has this name with letters of another case".into())
            };
            Field {
                column,
                name: field_names.of_field(&column.name),
                ty,
                is_nullable: column.is_nullable,
                attributes: Vec::new(),
                notes: Vec::new(),
                has_reference: false,
            }
        };
        let fields = table.columns.iter().map(&mut field).collect();
        let mut model = Self {
            table,
            schema: None,
            name,
            why_not: None,
            fields,
            key: Vec::new(),
            attributes: Vec::new(),
            notes: Vec::new(),
            made_by: None,
            dialect,
        };
        match model.find_key() {
            Ok(key) => model.key = key,
            Err(why_not) => model.why_not = Some(why_not),
        }
        for place in &model.key {
            // A key is never NULL. SQLite shows most of them as nullable.
            model.fields[*place].is_nullable = false;
        }
        model
    }

    /// Returns the indexes of the fields of its key.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be a model.
    fn find_key(&self) -> Result<Vec<usize>, String> {
        let names = self.key_columns()?;
        if names.len() > MOST_KEYS {
            return Err(format!("its key has {} columns, and that of a model has at most {MOST_KEYS}", names.len()));
        }
        let mut key = Vec::new();
        for name in names {
            let place = self.place(name).ok_or_else(|| format!("its key `{name}` is not one of its columns"))?;
            match &self.fields[place].ty {
                Ok(ty) if ty.is_key() => key.push(place),
                Ok(_) => {
                    let sql_type = &self.fields[place].column.sql_type;
                    return Err(format!("its key `{name}` is `{sql_type}`, and no key has this type"));
                }
                Err(why_not) => return Err(format!("its key `{name}` is no field: {why_not}")),
            }
        }
        let is_computed = |place: &&usize| match self.fields[**place].column.generation {
            Some(Generation::Computed) => true,
            Some(Generation::Always) => key.len() > 1,
            _ => false,
        };
        if let Some(place) = key.iter().find(is_computed) {
            let name = &self.fields[*place].column.name;
            return Err(format!("the database makes `{name}` of its key, and refuses statements that set it"));
        }
        Ok(key)
    }

    /// Returns the columns that identify a row.
    fn key_columns(&self) -> Result<Vec<&str>, String> {
        let table = self.table;
        if !table.primary_key.is_empty() {
            return Ok(table.primary_key.iter().map(String::as_str).collect());
        }
        if !table.kind.has_constraints() {
            let id = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case("id"));
            return id.map(|id| vec![id.name.as_str()]).ok_or_else(|| {
                format!(
                    "it is {}, without a column `id`; mark the field that identifies a row as `primary_key`",
                    table.kind
                )
            });
        }
        let is_part = |column: &String| {
            self.place(column).is_some_and(|place| {
                let field = &self.fields[place];
                !field.column.is_nullable && field.ty.as_ref().is_ok_and(RustType::is_key)
            })
        };
        let is_key = |columns: &[String]| (1..=MOST_KEYS).contains(&columns.len()) && columns.iter().all(is_part);
        let unique = table.indexes.iter().filter(|index| index.is_unique && index.is_plain && is_key(&index.columns));
        let found = unique.min_by_key(|index| index.columns.len());
        let found = found.map(|index| index.columns.iter().map(String::as_str).collect());
        found.ok_or_else(|| "it has no primary key, and no unique key whose columns are not NULL".to_owned())
    }

    /// Returns whether a reference is to the table of this model.
    pub(super) fn is_target_of(&self, key: &ForeignKey) -> bool {
        let is_same =
            |one: &str, other: &str| one == other || self.dialect == Dialect::Sqlite && one.eq_ignore_ascii_case(other);
        let is_in_schema = match &key.schema {
            None => self.table.is_visible,
            Some(schema) => self.table.schema.as_ref().is_some_and(|own| is_same(own, schema)),
        };
        is_in_schema && is_same(&self.table.name, &key.table)
    }

    /// Returns the index of the field of a column.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        let fields = || self.fields.iter();
        let exact = fields().position(|field| field.column.name == column);
        exact.or_else(|| fields().position(|field| field.column.name.eq_ignore_ascii_case(column)))
    }

    /// Returns the indexes of the fields of these columns, if all of them are fields.
    pub(super) fn places(&self, columns: &[String]) -> Option<Vec<usize>> {
        let place = |column: &String| self.place(column).filter(|place| self.fields[*place].ty.is_ok());
        columns.iter().map(place).collect()
    }

    /// Returns whether a field of its key, or of a reference, has this enum.
    pub(super) fn has_key_of(&self, name: &str) -> bool {
        let is_it = |field: &Field<'_>| matches!(&field.ty, Ok(RustType::Enum(own)) if own == name);
        let mut fields = self.fields.iter().enumerate();
        fields.any(|(place, field)| (self.key.contains(&place) || field.has_reference) && is_it(field))
    }

    /// Returns the names of fields, with commas between them.
    pub(super) fn names(&self, places: &[usize]) -> String {
        let names: Vec<_> = places.iter().map(|place| super::names::raw(&self.fields[*place].name)).collect();
        names.join(", ")
    }
}

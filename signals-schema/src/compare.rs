//! Compares the tables of models with those of a database.

mod keys;

use signals_core::model::ModelMeta;

use crate::description::{Column, Generation, Schema, Table};
use crate::dialect::Dialect;
use crate::difference::{Difference, DifferenceKind as Kind};
use crate::types::{Agreement, compare as compare_types};

impl Schema {
    /// Compares the tables of these models with those of this schema, which was read from a database. The differences
    /// are in the order of the models and of their columns.
    ///
    /// The names of constraints and indexes do not count. Columns that the model does not have are ignored if an INSERT
    /// without them succeeds, and so are their keys and indexes. So are partial indexes and those of expressions, ON
    /// UPDATE, the texts of defaults, and in SQLite the lengths of types, which it does not check. Of a view only the
    /// columns and their types are compared.
    pub fn differences(&self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Vec<Difference> {
        let models: Vec<_> = models.into_iter().collect();
        let planned = Self::of_models(models.iter().copied(), self.backend);
        let mut differences = Vec::new();
        for (meta, expected) in models.into_iter().zip(&planned.tables) {
            let kinds = match self.table(&expected.name) {
                None => vec![Kind::TableMissing],
                Some(Table { problem: Some(problem), .. }) => vec![Kind::TableBroken { problem: problem.clone() }],
                Some(found) => Comparison { live: self, planned: &planned, expected, found }.kinds(),
            };
            differences.extend(kinds.into_iter().map(|kind| Difference { model: meta, kind }));
        }
        differences
    }
}

/// A table of a model, and the table in the database.
struct Comparison<'a> {
    live: &'a Schema,
    planned: &'a Schema,
    expected: &'a Table,
    found: &'a Table,
}

impl Comparison<'_> {
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for column in &self.expected.columns {
            self.column(column, &mut kinds);
        }
        if self.found.kind.has_constraints() {
            self.required(&mut kinds);
            self.primary_key(&mut kinds);
            self.unique(&mut kinds);
            self.indexes(&mut kinds);
            self.references(&mut kinds);
        }
        kinds
    }

    fn dialect(&self) -> Dialect {
        Dialect::of(self.live.backend)
    }

    /// Returns the column of the database with this name.
    fn find(&self, name: &str) -> Option<&Column> {
        let same = |column: &&Column| self.dialect().is_same_column(&column.name, name);
        self.found.column(name).or_else(|| self.found.columns.iter().find(same))
    }

    fn column(&self, expected: &Column, kinds: &mut Vec<Kind>) {
        let column = expected.name.clone();
        let Some(found) = self.find(&column) else {
            kinds.push(Kind::ColumnMissing { column, expected: expected.sql_type.to_string() });
            return;
        };
        let types = (expected.sql_type.to_string(), found.sql_type.to_string());
        match compare_types(self.dialect(), &expected.sql_type, &found.sql_type) {
            Agreement::Same => {}
            Agreement::OtherLength => {
                kinds.push(Kind::Length { column: column.clone(), expected: types.0, found: types.1 });
            }
            Agreement::OtherType => {
                kinds.push(Kind::Type { column: column.clone(), expected: types.0, found: types.1 });
            }
        }
        if !self.found.kind.has_constraints() {
            return;
        }
        // SQLite lets a key be NULL if it is no INTEGER, and shows a rowid as nullable.
        let is_key = self.found.primary_key.contains(&found.name);
        let is_model_key = self.expected.primary_key.contains(&column);
        // The database decides whether a computed column is NULL. A column that an INSERT leaves out may be NOT NULL.
        let is_filled = expected.generation == Some(Generation::Computed)
            || expected.omits_null && (found.default.is_some() || found.generation.is_some());
        if !is_key && !is_model_key && !is_filled && expected.is_nullable != found.is_nullable {
            let (expected, found) = (expected.is_nullable, found.is_nullable);
            kinds.push(Kind::Null { column: column.clone(), expected, found });
        }
        if let Some(default) = &expected.default
            && found.default.is_none()
        {
            kinds.push(Kind::DefaultMissing { column: column.clone(), expected: default.clone() });
        }
        // A key that is also a reference is given by the application. Another primary key is reported by itself.
        let is_reference = self.expected.foreign_keys.iter().any(|key| key.columns.contains(&column));
        let is_generated = found.generation.is_some() || found.default.is_some();
        let is_only_key = is_key && self.found.primary_key.len() == 1;
        if is_only_key && expected.generation.is_some() && !is_generated && !is_reference {
            kinds.push(Kind::KeyNotGenerated { column, found: found.sql_type.to_string() });
        }
    }

    /// Reports the columns without which an INSERT fails.
    fn required(&self, kinds: &mut Vec<Kind>) {
        let is_known =
            |name: &str| self.expected.columns.iter().any(|column| self.dialect().is_same_column(&column.name, name));
        for column in self.found.columns.iter().filter(|column| !is_known(&column.name)) {
            let is_filled = column.is_nullable || column.default.is_some() || column.generation.is_some();
            if !is_filled {
                kinds.push(Kind::ColumnRequired { column: column.name.clone(), found: column.sql_type.to_string() });
            }
        }
    }
}

//! Compares the tables of models with those of a database.

mod keys;

use signals_core::model::{ColumnMeta, ModelMeta};

use crate::description::{ColumnSchema, Generation, Schema, Table};
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
        for (meta, expected) in models.iter().copied().zip(&planned.tables) {
            let kinds = match self.table_in(expected.schema.as_deref(), &expected.name) {
                None => vec![Kind::TableMissing],
                Some(Table { problem: Some(problem), .. }) => vec![Kind::TableBroken { problem: problem.clone() }],
                Some(found) => Comparison { live: self, planned: &planned, meta: Some(meta), expected, found }.kinds(),
            };
            differences.extend(kinds.into_iter().map(|kind| Difference { model: meta, kind }));
        }
        self.add_ambiguous_targets(&models, &mut differences);
        differences
    }

    /// Adds a difference for each column that a model references without being a key, and of which the table allows
    /// several rows with the same value.
    fn add_ambiguous_targets(&self, models: &[&'static ModelMeta], differences: &mut Vec<Difference>) {
        let references = models.iter().flat_map(|meta| meta.references());
        for (target, columns) in references.map(|(_, reference)| (reference.target(), reference.target_columns())) {
            let found = self.table_in(target.schema(), target.table());
            let has_constraints = |table: &&Table| table.problem.is_none() && table.kind.has_constraints();
            let Some(found) = found.filter(has_constraints).filter(|_| columns != target.primary_key_columns()) else {
                continue;
            };
            let planned = Self::of_models([target], self.backend);
            let Some(expected) = planned.tables.first() else { continue };
            let columns: Vec<_> = columns.iter().map(|index| target.columns()[*index].column.to_owned()).collect();
            let comparison = Comparison { live: self, planned: &planned, meta: Some(target), expected, found };
            let is_unique = comparison.is_unique(&columns);
            let difference = Difference { model: target, kind: Kind::UniqueMissing { columns } };
            if !is_unique && !differences.contains(&difference) {
                differences.push(difference);
            }
        }
    }
}

/// Returns the differences between a table of `planned`, and a table of `live`, but for those in how they are written.
pub(crate) fn kinds(live: &Schema, planned: &Schema, expected: &Table, found: &Table) -> Vec<Kind> {
    Comparison { live, planned, meta: None, expected, found }.kinds()
}

/// A table of a model, and the table in the database.
struct Comparison<'a> {
    live: &'a Schema,
    planned: &'a Schema,
    /// The model, if how it writes the columns is compared too.
    meta: Option<&'static ModelMeta>,
    expected: &'a Table,
    found: &'a Table,
}

impl Comparison<'_> {
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for (index, column) in self.expected.columns.iter().enumerate() {
            self.column(column, self.meta.and_then(|meta| meta.columns().get(index)), &mut kinds);
        }
        if self.found.kind.has_constraints() {
            self.required(&mut kinds);
            self.primary_key(&mut kinds);
            self.unique(&mut kinds);
            self.indexes(&mut kinds);
            self.references(&mut kinds);
            self.triggers(&mut kinds);
        }
        kinds
    }

    /// Compares the triggers that record the writes of others.
    fn triggers(&self, kinds: &mut Vec<Kind>) {
        let (expected, found) = (&self.expected.triggers, &self.found.triggers);
        for own in expected {
            let trigger = own.name.clone();
            match found.iter().find(|it| it.name == own.name) {
                None => kinds.push(Kind::TriggerMissing { trigger }),
                Some(it) if !own.is_same(it) => kinds.push(Kind::TriggerChanged { trigger }),
                Some(_) => {}
            }
        }
        let unknown = found.iter().filter(|it| expected.iter().all(|own| own.name != it.name));
        kinds.extend(unknown.map(|it| Kind::TriggerUnknown { trigger: it.name.clone() }));
    }

    fn dialect(&self) -> Dialect {
        Dialect::of(self.live.backend)
    }

    /// Returns the column of the database with this name.
    fn find(&self, name: &str) -> Option<&ColumnSchema> {
        let same = |column: &&ColumnSchema| self.dialect().is_same_column(&column.name, name);
        self.found.column(name).or_else(|| self.found.columns.iter().find(same))
    }

    fn column(&self, expected: &ColumnSchema, described: Option<&ColumnMeta>, kinds: &mut Vec<Kind>) {
        let column = expected.name.clone();
        let Some(found) = self.find(&column) else {
            kinds.push(Kind::ColumnMissing { column, expected: expected.sql_type.to_string() });
            return;
        };
        let types = (expected.sql_type.to_string(), found.sql_type.to_string());
        // An expression in a view of SQLite has no type.
        let is_untyped = !self.found.kind.has_constraints() && found.sql_type.text.is_empty();
        match compare_types(self.dialect(), &expected.sql_type, &found.sql_type) {
            Agreement::Same => {}
            _ if is_untyped => {}
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
        // A key that is also a reference is given by the application. A key that is not unique is reported by itself.
        let is_reference = self.expected.foreign_keys.iter().any(|key| key.columns.contains(&column));
        let is_generated = found.generation.is_some() || found.default.is_some();
        let is_only_key = is_model_key && self.expected.primary_key.len() == 1;
        let has_key = self.is_same_set(&self.found.primary_key, &self.expected.primary_key)
            || self.is_unique(&self.expected.primary_key);
        if is_only_key && has_key && expected.generation.is_some() && !is_generated && !is_reference {
            kinds.push(Kind::KeyNotGenerated { column: column.clone(), found: found.sql_type.to_string() });
        }
        if let Some(described) = described {
            self.written(found, described, is_only_key, kinds);
        }
    }

    /// Reports a column that the model writes and the database computes, or the reverse.
    fn written(&self, found: &ColumnSchema, described: &ColumnMeta, is_only_key: bool, kinds: &mut Vec<Kind>) {
        let (column, sql_type) = (described.column.to_owned(), found.sql_type.to_string());
        let is_written = !described.generated && !described.read_only;
        // An INSERT leaves an unset key out.
        let is_refused = match found.generation {
            Some(Generation::Computed) => true,
            Some(Generation::Always) => !is_only_key,
            _ => false,
        };
        // A trigger may fill the column of a `read_only` field, except in SQLite.
        let is_left_out = described.generated || described.read_only && self.dialect() == Dialect::Sqlite;
        let is_empty = found.generation.is_none() && !found.is_nullable && found.default.is_none();
        if is_written && is_refused {
            kinds.push(Kind::NotWritable { column, found: sql_type });
        } else if is_left_out && is_empty {
            kinds.push(Kind::NotFilled { column, found: sql_type });
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

//! Compares keys, indexes and references.

use super::Comparison;
use crate::description::{Action, ForeignKey, Index, Table};
use crate::difference::DifferenceKind as Kind;
use crate::rust_type::{compiled_in, rust_type};
use crate::types::{Agreement, compare as compare_types};
use signals_core::model::OnDelete;

impl Comparison<'_> {
    pub(super) fn primary_key(&self, kinds: &mut Vec<Kind>) {
        let (expected, found) = (&self.expected.primary_key, &self.found.primary_key);
        // The library needs a unique key, whatever the schema calls it.
        if !self.is_same_set(expected, found) && !self.is_unique(expected) {
            kinds.push(Kind::PrimaryKey { expected: expected.clone(), found: found.clone() });
        }
    }

    pub(super) fn unique(&self, kinds: &mut Vec<Kind>) {
        for index in self.expected.indexes.iter().filter(|index| index.is_unique && index.is_plain) {
            if !self.is_unique(&index.columns) {
                kinds.push(Kind::UniqueMissing { columns: index.columns.clone() });
            }
        }
        let mut known: Vec<&[String]> = vec![&self.expected.primary_key];
        known
            .extend(self.expected.indexes.iter().filter(|index| index.is_unique).map(|index| index.columns.as_slice()));
        // A primary key that is not the model's is a unique key too. If it was reported, it is not reported again.
        let other_key = Some(&self.found.primary_key).filter(|_| self.is_unique(&self.expected.primary_key));
        for columns in unique_keys(self.found).chain(other_key) {
            if self.is_of_model(columns) && !known.iter().any(|known| self.is_same_set(known, columns)) {
                kinds.push(Kind::UniqueUnknown { columns: columns.clone() });
                known.push(columns);
            }
        }
    }

    pub(super) fn indexes(&self, kinds: &mut Vec<Kind>) {
        for index in self.expected.indexes.iter().filter(|index| !index.is_unique && index.is_plain) {
            let begins = |found: &[String]| {
                found.len() >= index.columns.len() && found.iter().zip(&index.columns).all(|(a, b)| self.is_same(a, b))
            };
            let mut found = self.found.indexes.iter().filter(|found| found.is_plain);
            if !found.any(|found| begins(&found.columns)) && !begins(&self.found.primary_key) {
                kinds.push(Kind::IndexMissing { columns: index.columns.clone() });
            }
        }
    }

    pub(super) fn references(&self, kinds: &mut Vec<Kind>) {
        for expected in &self.expected.foreign_keys {
            match self.found.foreign_keys.iter().find(|found| self.is_same_reference(expected, found)) {
                None => kinds.push(Kind::ReferenceMissing { expected: expected.clone() }),
                Some(found) if !accepts(expected, found.on_delete) => {
                    kinds.push(Kind::OnDelete { expected: expected.clone(), found: found.clone() });
                }
                Some(_) => {}
            }
        }
        for found in self.found.foreign_keys.iter().filter(|found| self.is_expressible(found)) {
            kinds.push(Kind::ReferenceUnknown { found: found.clone() });
        }
    }

    fn is_same(&self, one: &str, other: &str) -> bool {
        self.dialect().is_same_column(one, other)
    }

    /// Returns whether two lists have the same columns, in any order.
    pub(super) fn is_same_set(&self, one: &[String], other: &[String]) -> bool {
        one.len() == other.len() && one.iter().all(|column| other.iter().any(|other| self.is_same(column, other)))
    }

    /// Returns whether the table refuses rows with the same values in these columns.
    pub(super) fn is_unique(&self, columns: &[String]) -> bool {
        let mut keys = unique_keys(self.found).chain([&self.found.primary_key]);
        keys.any(|key| self.is_same_set(key, columns))
    }

    /// Returns whether the model has all of these columns.
    fn is_of_model(&self, columns: &[String]) -> bool {
        let has = |name: &String| self.expected.columns.iter().any(|column| self.is_same(&column.name, name));
        !columns.is_empty() && columns.iter().all(has)
    }

    /// Returns whether two names with their schemas are those of one table of the database.
    fn is_same_table(&self, one: (Option<&str>, &str), other: (Option<&str>, &str)) -> bool {
        let find = |(schema, name)| self.live.table_in(schema, name);
        match (find(one), find(other)) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            // A plan has no tables of other schemas.
            (None, None) => one == other,
            _ => false,
        }
    }

    fn is_same_reference(&self, expected: &ForeignKey, found: &ForeignKey) -> bool {
        // The pairs of columns may be in another order.
        let pairs = |key: &'_ ForeignKey| -> Vec<String> {
            key.columns.iter().zip(&key.targets).map(|(column, target)| format!("{column}\0{target}")).collect()
        };
        self.is_same_table(target(expected), target(found)) && self.is_same_set(&pairs(expected), &pairs(found))
    }

    /// Returns whether a reference is unknown, and the model could have it: its columns have no reference, the other
    /// table is that of a model, the other columns are its key or a unique one, and the types are the same.
    fn is_expressible(&self, found: &ForeignKey) -> bool {
        // `create_tables` makes no constraint for some references of a model, such as those of MySQL to the own database.
        let of_model = self.meta.into_iter().flat_map(|meta| {
            let name = |place: &usize| meta.columns()[*place].column;
            meta.references().flat_map(move |(places, _)| places.iter().map(name))
        });
        let referencing: Vec<_> = of_model.collect();
        let is_taken = |column: &String| {
            self.expected.foreign_keys.iter().any(|key| key.columns.iter().any(|own| self.is_same(own, column)))
                || referencing.iter().any(|own| self.is_same(own, column))
        };
        let is_target = |table: &&Table| self.is_same_table((table.schema.as_deref(), &table.name), target(found));
        let target = self.planned.tables.iter().find(is_target);
        self.is_of_model(&found.columns)
            && !found.columns.iter().any(is_taken)
            && target.is_some_and(|target| {
                let is_key = |key: &Vec<String>| self.is_same_set(key, &found.targets);
                let is_unique = unique_keys(target).any(is_key) && self.is_of_key_type(target, &found.targets);
                (is_key(&target.primary_key) || is_unique) && self.has_types_of(target, found)
            })
    }

    /// Returns whether these are one column, of a type that a reference can have: that of a key.
    fn is_of_key_type(&self, target: &Table, columns: &[String]) -> bool {
        let [name] = columns else { return false };
        let column = target.columns.iter().find(|column| self.is_same(&column.name, name));
        column.is_some_and(|column| {
            rust_type(self.dialect(), column, &compiled_in(), str::to_owned).is_ok_and(|ty| ty.is_key())
        })
    }

    /// Returns whether the columns of a reference have the types of the other model's key.
    fn has_types_of(&self, target: &Table, found: &ForeignKey) -> bool {
        found.columns.iter().zip(&found.targets).all(|(own, other)| {
            let own = self.expected.columns.iter().find(|column| self.is_same(&column.name, own));
            let other = target.columns.iter().find(|column| self.is_same(&column.name, other));
            own.zip(other).is_some_and(|(own, other)| {
                compare_types(self.dialect(), &own.sql_type, &other.sql_type) != Agreement::OtherType
            })
        })
    }
}

/// Returns the schema and the name of the table that is referenced.
fn target(key: &ForeignKey) -> (Option<&str>, &str) {
    (key.schema.as_deref(), &key.table)
}

/// Returns the columns of the unique keys of a table, without its primary key.
fn unique_keys(table: &Table) -> impl Iterator<Item = &Vec<String>> {
    let is_key = |index: &&Index| index.is_unique && index.is_plain;
    table.indexes.iter().filter(is_key).map(|index| &index.columns)
}

/// Returns whether the database may do this to referencing rows. The deletes of the library have done what the model
/// says before that.
fn accepts(expected: &ForeignKey, found: Action) -> bool {
    let refuses = matches!(found, Action::NoAction | Action::Restrict);
    match expected.rule {
        Some(OnDelete::Cascade) => refuses || found == Action::Cascade,
        Some(OnDelete::SetNull) => refuses || found == Action::SetNull,
        Some(OnDelete::SetDefault) => refuses || found == Action::SetDefault,
        Some(OnDelete::Database) => !refuses,
        Some(_) => refuses,
        None => {
            found == expected.on_delete || refuses && matches!(expected.on_delete, Action::NoAction | Action::Restrict)
        }
    }
}

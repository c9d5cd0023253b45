//! The schema that the models need.

use signals_core::backend::Backend;
use signals_core::model::{ColumnMeta, ModelMeta, OnDelete, Reference};
use signals_core::store::{can_reference, planned_columns, planned_triggers};

use crate::description::{
    Action, CaptureTrigger, ColumnSchema, ColumnType, ForeignKey, Generation, Index, Schema, Table, TableKind,
};

impl Schema {
    /// Describes the tables that these models need on a database of this kind, as `create_tables` creates them.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::Model;
    /// use signals::db::Backend;
    /// use signals::model::Entity as _;
    /// use signals::schema::Schema;
    ///
    /// #[derive(Model)]
    /// struct Note { id: i64, #[model(index)] title: Option<String> }
    ///
    /// let schema = Schema::of_models([Note::meta()], Backend::Sqlite);
    /// let note = schema.table("note").unwrap();
    /// assert_eq!(note.primary_key, ["id"]);
    /// assert_eq!(note.indexes[0].columns, ["title"]);
    /// let title = note.column("title").unwrap();
    /// assert_eq!((title.sql_type.to_string().as_str(), title.is_nullable), ("TEXT", true));
    /// ```
    pub fn of_models(models: impl IntoIterator<Item = &'static ModelMeta>, backend: Backend) -> Self {
        let tables = models.into_iter().map(|meta| table(meta, backend)).collect();
        Self { backend, tables, schemas: Vec::new(), ignores_case_of_tables: false }
    }
}

fn table(meta: &ModelMeta, backend: Backend) -> Table {
    let mut table = Table::new(meta.table().to_owned(), TableKind::Table);
    table.schema = meta.schema().map(str::to_owned);
    table.is_visible = table.schema.is_none();
    let columns = meta.columns().iter().zip(planned_columns(meta, backend));
    table.columns = columns
        .map(|(column, planned)| ColumnSchema {
            name: column.column.to_owned(),
            sql_type: ColumnType { is_json: column.json, ..ColumnType::new(planned.sql_type) },
            is_nullable: column.nullable,
            default: column.default.map(str::to_owned),
            generation: if column.generated {
                Some(Generation::Computed)
            } else {
                planned.is_generated.then_some(Generation::Counted)
            },
            omits_null: column.db_default,
            kept: String::new(),
        })
        .collect();
    table.primary_key = names(meta.primary_key());
    table.indexes = indexes(meta);
    table.foreign_keys = foreign_keys(meta, backend);
    let triggers = planned_triggers(meta, backend).into_iter();
    table.triggers =
        triggers.map(|it| CaptureTrigger { name: it.name, statements: it.statements, signs: it.signs }).collect();
    table.kept.never_reuses_keys = true;
    table
}

fn names<'a>(columns: impl IntoIterator<Item = &'a ColumnMeta>) -> Vec<String> {
    columns.into_iter().map(|column| column.column.to_owned()).collect()
}

fn indexes(meta: &ModelMeta) -> Vec<Index> {
    let index = |columns, is_unique| Index {
        name: None,
        columns,
        is_unique,
        is_plain: true,
        is_constraint: is_unique,
        definition: None,
    };
    let of_places = |places: &[usize]| names(places.iter().map(|place| &meta.columns()[*place]));
    let unique = meta.columns().iter().filter(|column| column.unique);
    let unique = unique.map(|column| index(names([column]), true));
    let unique_together = meta.unique_constraints().iter().map(|places| index(of_places(places), true));
    // Deletes look up referencing rows, so a reference has an index.
    // The key has an index too, which serves its first column.
    let is_key = |column: &ColumnMeta| meta.primary_key().next().is_some_and(|first| first.column == column.column);
    let has_index =
        |column: &&ColumnMeta| (column.index || column.reference.is_some()) && !column.unique && !is_key(column);
    let own = meta.columns().iter().filter(has_index).map(|column| index(names([column]), false));
    let together = || meta.unique_constraints().iter().chain(meta.indexes_together()).copied();
    let has_index = |places: &[usize]| {
        std::iter::once(meta.primary_key_columns()).chain(together()).any(|columns| columns.starts_with(places))
    };
    let referencing = meta.references().filter(|(places, _)| places.len() > 1 && !has_index(places));
    let referencing = referencing.map(|(places, _)| index(of_places(places), false));
    let together = meta.indexes_together().iter().map(|places| index(of_places(places), false));
    unique.chain(unique_together).chain(own).chain(together).chain(referencing).collect()
}

/// Returns the references of a model for which the database can have constraints.
fn foreign_keys(meta: &ModelMeta, backend: Backend) -> Vec<ForeignKey> {
    let key = |(places, reference): (&[usize], Reference)| ForeignKey {
        name: None,
        columns: names(places.iter().map(|place| &meta.columns()[*place])),
        table: reference.target().table().to_owned(),
        schema: reference.target().schema().map(str::to_owned),
        targets: names(reference.target_columns().iter().map(|place| &reference.target().columns()[*place])),
        // All other rules are applied by the deletes of the library.
        on_delete: if reference.on_delete == OnDelete::Database { Action::Cascade } else { Action::NoAction },
        on_update: Action::NoAction,
        rule: Some(reference.on_delete),
    };
    let references = meta.references().filter(|(_, reference)| can_reference(meta, reference.target(), backend));
    references.map(key).collect()
}

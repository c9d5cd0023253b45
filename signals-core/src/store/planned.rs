//! The tables that `create_tables` would create, as data for companion crates.

use std::borrow::Cow;

use crate::backend::Backend;
use crate::model::ModelMeta;
use crate::sql;

/// A column as `create_tables` creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Its type in the SQL of the database.
    pub sql_type: Cow<'static, str>,
    /// Whether the database generates its values.
    pub is_generated: bool,
}

/// Returns every linked model whose table is needed, sorted by its table's name.
pub fn linked_models() -> Vec<&'static ModelMeta> {
    super::schema::needed()
}

/// Returns whether the database can have a constraint from the table of a model to that of another.
pub fn can_reference(meta: &ModelMeta, target: &ModelMeta, backend: Backend) -> bool {
    sql::can_reference(meta, target, backend)
}

/// Returns the columns of a model's table, in the order of [`ModelMeta::columns`].
pub fn planned_columns(meta: &ModelMeta, backend: Backend) -> Vec<PlannedColumn> {
    let column = |place| {
        let (sql_type, is_generated) = sql::planned_column(meta, place, backend);
        PlannedColumn { sql_type, is_generated }
    };
    (0..meta.columns().len()).map(column).collect()
}

/// Returns the name that `create_tables` gives to an index (`idx`) or a reference (`fk`) of these columns.
pub fn planned_name(table: &str, columns: &[String], what: &str) -> String {
    sql::planned_name(table, columns, what)
}

/// Returns a name in the quotes of the database.
pub fn quoted_name(backend: Backend, name: &str) -> String {
    sql::quoted(backend, name)
}

/// A trigger as `create_tables` creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTrigger {
    /// Its name, without quotes.
    pub name: String,
    /// The statements that create it, or what it needs, if they are missing.
    pub statements: Vec<String>,
    /// Texts that its definition in the database has, unless it is another version.
    pub signs: Vec<String>,
}

/// Returns the triggers of a model whose writes by others are recorded.
pub fn planned_triggers(meta: &ModelMeta, backend: Backend) -> Vec<PlannedTrigger> {
    let triggers = sql::capture_triggers(meta, backend).into_iter();
    let planned = triggers.map(|trigger| PlannedTrigger {
        name: trigger.name,
        statements: trigger.before.into_iter().chain([trigger.create]).collect(),
        signs: trigger.signs,
    });
    planned.collect()
}

/// Returns the statement that drops a trigger of a table, if it exists.
pub fn trigger_removal(trigger: &str, table: &str, backend: Backend) -> String {
    sql::drop_trigger(trigger, table, backend)
}

//! The tables that `create_tables` would create, as data for companion crates.

use std::borrow::Cow;

use crate::backend::Backend;
use crate::model::ModelMeta;
use crate::registry::models;
use crate::sql;

/// A column as `create_tables` creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Its type in the SQL of the database.
    pub sql_type: Cow<'static, str>,
    /// Whether the database generates its values.
    pub is_generated: bool,
}

/// Returns every linked model, sorted by its table's name.
pub fn linked_models() -> Vec<&'static ModelMeta> {
    models::all()
}

/// Returns the columns of a model's table, in the order of [`ModelMeta::columns`].
pub fn planned_columns(meta: &ModelMeta, backend: Backend) -> Vec<PlannedColumn> {
    let column = |place| {
        let (sql_type, is_generated) = sql::planned_column(meta, place, backend);
        PlannedColumn { sql_type, is_generated }
    };
    (0..meta.columns().len()).map(column).collect()
}

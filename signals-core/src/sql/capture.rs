//! The statements of tables whose writes by others are recorded.

use super::{names_of, placeholder, planned_column, planned_name, quoted, table};
use crate::backend::{Backend, CaptureColumn, CaptureRead, CaptureTable, Image, Trigger};
use crate::db::Statement;
use crate::model::ModelMeta;

/// Whether a recorded row has all columns of the model.
pub(crate) const IS_COMPLETE: &str = "signals_is_complete";

/// Returns the triggers of a model whose writes by others are recorded.
pub(crate) fn capture_triggers(meta: &ModelMeta, backend: Backend) -> Vec<Trigger> {
    if !meta.is_captured() {
        return Vec::new();
    }
    (backend.capabilities().capture.triggers)(&capture_table(meta, backend))
}

/// Returns the statement that drops a trigger of a table.
pub(crate) fn drop_trigger(trigger: &str, table: &str, backend: Backend) -> String {
    (backend.capabilities().capture.drop)(&quoted(backend, trigger), &quoted(backend, table))
}

/// Returns a SELECT of the recorded rows of this number of writes, in the order of their ids.
pub(crate) fn select_captured(meta: &ModelMeta, backend: Backend, image: Image, writes: usize) -> Statement {
    let table = capture_table(meta, backend);
    let CaptureRead { from, values, is_complete } = (backend.capabilities().capture.read)(&table, image);
    let values = values.iter().zip(&table.columns).map(|(value, column)| format!("{value} AS {}", column.quoted));
    let values = values.collect::<Vec<_>>().join(", ");
    let ids = names_of(1..=writes, |place| placeholder(backend, place));
    let id = format!("signals_capture.{}", quoted(backend, "id"));
    let is_complete = format!("CASE WHEN {is_complete} THEN 1 ELSE 0 END AS {IS_COMPLETE}");
    let sql = format!("SELECT {values}, {is_complete} FROM {from} WHERE {id} IN ({ids}) ORDER BY {id}");
    Statement::of_values(sql, writes)
}

fn capture_table(meta: &ModelMeta, backend: Backend) -> CaptureTable {
    let columns = meta.columns().iter().enumerate().map(|(place, column)| CaptureColumn {
        name: column.column.to_owned(),
        quoted: quoted(backend, column.column),
        sql_type: planned_column(meta, place, backend).0.into_owned(),
        is_nullable: column.nullable,
    });
    let trigger = |verb: &str| {
        let name = planned_name(meta.table(), &["capture".to_owned()], verb);
        let quoted = quoted(backend, &name);
        (name, quoted)
    };
    CaptureTable {
        name: meta.table().to_owned(),
        quoted: table(meta, backend),
        columns: columns.collect(),
        triggers: ["insert", "update", "delete"].map(trigger),
    }
}

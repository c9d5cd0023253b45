//! The mark of a statement that writes a table whose writes by others are recorded.

use crate::backend::{Backend, OwnWrite};
use crate::model::ModelMeta;

/// Marks a statement that writes a model's table as one of this library, so that the triggers skip it.
pub(crate) fn own_write(meta: &ModelMeta, backend: Backend, text: String) -> String {
    if !meta.is_captured() {
        return text;
    }
    let OwnWrite { before, after_verb } = (backend.capabilities().capture.own_write)(meta.table());
    let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
    format!("{before}{verb}{after_verb} {rest}")
}

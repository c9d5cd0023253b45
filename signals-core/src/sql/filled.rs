//! Statements that return the columns that the database fills.

use std::sync::Arc;

use super::rows::insert_rows;
use super::{
    FilledStatement, FilledVerb, Statements, answering, indexes, insert, kept_or_built, names, returned_key, update,
};
use crate::backend::Backend;
use crate::db::Statement;
use crate::model::{FieldSet, ModelMeta};

impl Statements {
    /// Returns the INSERT of these columns, which returns what the database filled, and the key if it is unset.
    pub(crate) fn insert_filled(&self, written: FieldSet, returned: FieldSet, is_unset: bool) -> Arc<Statement> {
        let verb = if is_unset { FilledVerb::InsertUnset } else { FilledVerb::Insert };
        self.filled(verb, written, returned, |meta, backend| {
            insert(meta, backend, &indexes(written)) + &returning(meta, backend, returned, is_unset)
        })
    }

    /// Returns the INSERT of these columns, which is followed by a SELECT.
    pub(crate) fn insert_of(&self, written: FieldSet, is_unset: bool) -> Arc<Statement> {
        let verb = if is_unset { FilledVerb::InsertUnset } else { FilledVerb::Insert };
        self.filled(verb, written, FieldSet::of_columns(self.meta, |_| false), |meta, backend| {
            let answering = if is_unset { answering(meta, backend) } else { String::new() };
            insert(meta, backend, &indexes(written)) + &answering
        })
    }

    /// Returns the UPDATE of these columns, which returns what the database filled.
    pub(crate) fn update_filled(&self, written: FieldSet, returned: FieldSet) -> Arc<Statement> {
        self.filled(FilledVerb::Update, written, returned, |meta, backend| {
            update(meta, backend, &indexes(written)) + &returning(meta, backend, returned, false)
        })
    }

    fn filled(
        &self,
        verb: FilledVerb,
        written: FieldSet,
        returned: FieldSet,
        text: impl FnOnce(&ModelMeta, Backend) -> String,
    ) -> Arc<Statement> {
        let key = FilledStatement { verb, written: written.bits(), returned: returned.bits() };
        kept_or_built(&self.filled, key, || text(self.meta, self.backend))
    }
}

/// Returns an INSERT of these columns for this number of rows. It returns what the database filled, and the keys if
/// they are unset, in the order of the rows.
pub(crate) fn insert_rows_filled(
    meta: &ModelMeta,
    backend: Backend,
    written: FieldSet,
    returned: FieldSet,
    is_unset: bool,
    rows: usize,
) -> String {
    insert_rows(meta, backend, &indexes(written), rows) + &returning(meta, backend, returned, is_unset)
}

fn returning(meta: &ModelMeta, backend: Backend, returned: FieldSet, is_unset: bool) -> String {
    let key = if is_unset { returned_key(meta, backend) } else { None };
    let columns = (!returned.is_empty()).then(|| names(meta, backend, &indexes(returned), |name, _| name));
    let returned: Vec<String> = key.into_iter().chain(columns).collect();
    if returned.is_empty() { String::new() } else { format!(" RETURNING {}", returned.join(", ")) }
}

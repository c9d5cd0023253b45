//! The expressions that a call sets columns to, as the read of the rows computes them.

use std::sync::Arc;

use super::Model;
use crate::backend::{Backend, Row};
use crate::error::Result;
use crate::query::{Assigned, Assignment, Computed, ComputedColumns};

/// The expressions of a call. The read of the rows also computes them, so that receivers get the results.
pub(super) struct ComputedValues {
    columns: Vec<usize>,
    /// The expressions, and the names of their results in a row.
    named: Vec<(String, Arc<Computed>)>,
}

impl ComputedValues {
    pub(super) fn of<M>(assignments: &[Assignment<M>]) -> Self {
        let assigned = assignments.iter().map(Assignment::assigned);
        let of_column = |assigned: &Assigned| Some((assigned.column(), Arc::clone(assigned.computed()?)));
        let (columns, computed): (Vec<_>, Vec<_>) = assigned.filter_map(of_column).unzip();
        let named = computed.into_iter().zip(&columns).map(|(computed, column)| (format!("new {column}"), computed));
        Self { named: named.collect(), columns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Returns the expressions with the names of their results.
    pub(super) fn named(&self) -> &[(String, Arc<Computed>)] {
        &self.named
    }

    /// Returns the part of a SELECT that computes them. Fails for a column that the database cannot compute with.
    pub(super) fn selected<M: Model>(&self, backend: Backend) -> Result<ComputedColumns> {
        ComputedColumns::new(M::meta(), backend, &self.named)
    }

    /// Puts the results into the instance of their row.
    pub(super) fn assign<M: Model>(&self, row: &Row<'_>, instance: &mut M) -> Result<(), sqlx::Error> {
        let mut named = self.named.iter().zip(&self.columns);
        named.try_for_each(|((name, computed), column)| computed.read(row, name, *column, instance))
    }
}

//! Expressions and assignments as parts of statements whose other parts `sql` builds.

use std::sync::Arc;

use sea_query::{Alias, Expr, Query, SelectStatement};

use super::assignment::{Assigned, AssignedTo, Computed};
use super::node::{ColumnRef, json};
use super::slots::{Built, Slots};
use crate::backend::{Args, Backend};
use crate::error::Result;
use crate::model::ModelMeta;

/// The expressions of a `SELECT`, as a part of another statement.
pub(crate) struct ComputedColumns {
    /// The expressions with their names, separated by commas.
    pub(crate) sql: String,
    /// The number of bound values.
    pub(crate) values: usize,
    pub(crate) args: Args,
}

impl ComputedColumns {
    /// Builds the expressions under these names.
    pub(crate) fn new(
        meta: &'static ModelMeta,
        backend: Backend,
        computed: &[(String, Arc<Computed>)],
    ) -> Result<Self> {
        let (mut slots, mut select) = (Slots::new(meta, backend), Query::select());
        compute(&mut select, computed, &mut slots)?;
        let Built { statement, args } = slots.build(&select)?;
        let sql = statement.text().as_str().trim_start_matches("SELECT ").to_owned();
        Ok(Self { sql, values: args.len(), args })
    }
}

/// Adds expressions to a `SELECT` under these names.
pub(super) fn compute(
    select: &mut SelectStatement,
    computed: &[(String, Arc<Computed>)],
    slots: &mut Slots,
) -> Result<()> {
    for (name, computed) in computed {
        select.expr_as(slots.computed(computed.place, &computed.term)?, Alias::new(name));
    }
    Ok(())
}

/// Returns the assignments after `DO UPDATE SET`, separated by commas, as a part of another statement. Binds their
/// values after those of the statement.
pub(crate) fn assigned_columns<'a>(
    meta: &'static ModelMeta,
    backend: Backend,
    assigned: impl IntoIterator<Item = &'a Assigned>,
    args: &mut Args,
) -> Result<String> {
    let (mut slots, mut update) = (Slots::new(meta, backend), Query::update());
    // The other statement names the table.
    update.table(Alias::new("t"));
    for assigned in assigned {
        let place = ColumnRef::of(meta, assigned.column());
        update.value(Alias::new(place.column), slots.assigned(place, assigned.to())?);
    }
    let (text, places) = backend.build(&update, args.len());
    slots.bind(&places, args)?;
    Ok(text.split_once(" SET ").map_or_else(String::new, |(_, assignments)| assignments.to_owned()))
}

impl Slots {
    /// Returns the SQL of what a column is set to.
    pub(super) fn assigned(&mut self, place: ColumnRef, to: &AssignedTo) -> Result<Expr> {
        if place.json {
            return Err(json(place));
        }
        match to {
            AssignedTo::Value(value, _) => Ok(self.assign(place, value.clone())),
            AssignedTo::Computed(computed) => self.computed(place, &computed.term),
        }
    }
}

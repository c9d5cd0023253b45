//! The statements of many rows of one model.

use sea_query::{Alias, Asterisk, Expr, Func, Query, SelectStatement};

use super::assignment::Assigned;
use super::dialect;
use super::node::{ColumnRef, Junction, Lock, Node, column, json};
use super::order::Ordering;
use super::slots::{Built, Slots};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::model::ModelMeta;

/// The name of the one column of [`Select::count`].
pub(crate) const COUNT: &str = "count";

/// The advice in place of a limit or an offset.
const BY_KEYS: &str = "filter by their keys instead";

/// The selection of a model's rows: their conditions, their order and their number.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    meta: &'static ModelMeta,
    filter: Node,
    orders: Vec<Ordering>,
    limit: Option<u64>,
    offset: u64,
    misplaced: Option<Misplaced>,
    /// What other sessions may do with the rows until the end of the transaction.
    lock: Lock,
}

/// A call after a limit or an offset. It seems to apply to the remaining rows, but would apply to all rows.
#[derive(Debug, Clone, Copy)]
enum Misplaced {
    Condition,
    Order,
}

impl Select {
    /// Selects all rows.
    pub(crate) fn of(meta: &'static ModelMeta) -> Self {
        Self {
            meta,
            filter: Node::All(Junction::default()),
            orders: Vec::new(),
            limit: None,
            offset: 0,
            misplaced: None,
            lock: Lock::None,
        }
    }

    /// Adds a condition. After a limit or an offset, the statement is an error.
    pub(crate) fn filter(mut self, node: Node) -> Self {
        self.misplace(Misplaced::Condition);
        self.filter = self.filter.and(node);
        self
    }

    /// Sets the order, in place of any other. After a limit or an offset, the statement is an error.
    pub(crate) fn order_by(mut self, orders: Vec<Ordering>) -> Self {
        self.misplace(Misplaced::Order);
        self.orders = orders;
        self
    }

    fn misplace(&mut self, what: Misplaced) {
        if self.is_sliced() {
            self.misplaced.get_or_insert(what);
        }
    }

    /// Sorts by the primary key if there is no other order.
    pub(crate) fn or_by_key(self) -> Self {
        if self.orders.is_empty() { self.by_key() } else { self }
    }

    /// Sorts by the primary key, in place of any other order.
    pub(crate) fn by_key(mut self) -> Self {
        self.orders = ColumnRef::key_of(self.meta).map(Ordering::ascending).collect();
        self
    }

    /// Sets the maximum number of rows.
    pub(crate) fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(self.limit.map_or(limit, |other| Ord::min(other, limit)));
        self
    }

    /// Skips this number of rows.
    pub(crate) fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Returns whether it has a limit or an offset, which an UPDATE or a DELETE cannot have.
    pub(crate) fn is_sliced(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// Returns a `SELECT` of every column, in the model's order.
    pub(crate) fn rows(&self, backend: Backend) -> Result<Built> {
        let all = (0..self.meta.columns().len()).map(|index| column(ColumnRef::of(self.meta, index)));
        self.select(backend, all)
    }

    /// Returns a `SELECT` of every column, of rows that are about to be written.
    pub(crate) fn rows_to_write(&self, backend: Backend) -> Result<Built> {
        Self { lock: Lock::Exclusive, ..self.clone() }.rows(backend)
    }

    /// Returns a `SELECT` of every column that reads the latest rows and prevents their removal.
    pub(crate) fn rows_to_keep(&self, backend: Backend) -> Result<Built> {
        Self { lock: Lock::Shared, ..self.clone() }.rows(backend)
    }

    /// Returns a `SELECT` of the primary key.
    pub(crate) fn keys(&self, backend: Backend) -> Result<Built> {
        self.select(backend, ColumnRef::key_of(self.meta).map(column))
    }

    /// Returns a `SELECT` of the primary key, of rows that are about to be written.
    pub(crate) fn keys_to_write(&self, backend: Backend) -> Result<Built> {
        Self { lock: Lock::Exclusive, ..self.clone() }.keys(backend)
    }

    fn select(&self, backend: Backend, exprs: impl IntoIterator<Item = Expr>) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.sliced(&mut slots)?;
        for ordering in &self.orders {
            dialect::order(&mut select, *ordering, backend);
        }
        dialect::lock(&mut select, self.lock, backend);
        slots.build(select.exprs(exprs))
    }

    /// Returns a `SELECT` of its rows without their order and without columns.
    fn sliced(&self, slots: &mut Slots) -> Result<SelectStatement> {
        self.refuse_misplaced()?;
        let mut select = Query::select();
        select.from(Alias::new(self.meta.table()));
        if let Some(filter) = slots.filter(&self.filter)? {
            select.and_where(filter);
        }
        if self.is_sliced() {
            // An offset needs a limit on some backends.
            select.limit(self.limit.unwrap_or(u64::MAX));
        }
        if self.offset > 0 {
            select.offset(self.offset);
        }
        Ok(select)
    }

    /// Returns a `SELECT` of the number of rows, under the name [`COUNT`].
    pub(crate) fn count(&self, backend: Backend) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.sliced(&mut slots)?;
        if self.is_sliced() {
            select.expr(Expr::cust("1"));
            select = Query::select().from_subquery(select, Alias::new("sliced")).take();
        }
        slots.build(select.expr_as(Func::count(Expr::col(Asterisk)), Alias::new(COUNT)))
    }

    /// Returns a `SELECT` of one row if there is any.
    pub(crate) fn exists(&self, backend: Backend) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.clone().limit(1).sliced(&mut slots)?;
        slots.build(select.expr(Expr::cust("1")))
    }

    /// Returns a `DELETE` of its rows.
    ///
    /// # Errors
    ///
    /// [`Error::QueryOptions`] for a limit or an offset.
    pub(crate) fn delete(&self, backend: Backend) -> Result<Built> {
        self.refuse_slice("deleted", BY_KEYS)?;
        let mut slots = Slots::new(self.meta, backend);
        let mut delete = Query::delete();
        delete.from_table(Alias::new(self.meta.table()));
        if let Some(filter) = slots.filter(&self.filter)? {
            delete.and_where(filter);
        }
        slots.build(&delete)
    }

    /// Returns an `UPDATE` of its rows.
    ///
    /// # Errors
    ///
    /// [`Error::QueryOptions`] for a limit or an offset, or if nothing is set. [`Error::JsonValue`] for a
    /// column of JSON.
    pub(crate) fn update<'a>(
        &self,
        backend: Backend,
        assignments: impl IntoIterator<Item = &'a Assigned>,
    ) -> Result<Built> {
        self.refuse_slice("updated", BY_KEYS)?;
        let mut slots = Slots::new(self.meta, backend);
        let mut update = Query::update();
        update.table(Alias::new(self.meta.table()));
        for assigned in assignments {
            let place = ColumnRef::of(self.meta, assigned.column());
            if place.json {
                return Err(json(place));
            }
            update.value(Alias::new(place.column), slots.assign(place, assigned.value()));
        }
        if update.get_values().is_empty() {
            return Err(self.refused("an update sets nothing; give it an assignment".into()));
        }
        if let Some(filter) = slots.filter(&self.filter)? {
            update.and_where(filter);
        }
        slots.build(&update)
    }

    /// Returns an error for a limit or an offset.
    pub(crate) fn refuse_slice(&self, done: &str, fix: &str) -> Result<()> {
        if !self.is_sliced() {
            return Ok(());
        }
        Err(self.refused(format!("rows cannot be {done} with a limit or an offset; {fix}")))
    }

    fn refuse_misplaced(&self) -> Result<()> {
        let (what, calls) = match self.misplaced {
            None => return Ok(()),
            Some(Misplaced::Condition) => ("a condition", "`filter` and `exclude`"),
            Some(Misplaced::Order) => ("an order", "`order_by`"),
        };
        Err(self.refused(format!(
            "{what} is set after a limit or an offset, which are applied last; call {calls} before `limit` and `offset`"
        )))
    }

    fn refused(&self, problem: String) -> Error {
        Error::QueryOptions { model: self.meta.name(), problem }
    }
}

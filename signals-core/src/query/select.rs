//! The statements of many rows of one model.

mod aggregate;
mod pages;

use std::borrow::Cow;
use std::sync::Arc;

use sea_query::{Alias, Expr, ExprTrait as _, Query, SelectStatement};

use super::assignment::{Assigned, Computed};
use super::cursor::Cursor;
use super::dialect;
use super::linked::Linked;
use super::node::{ColumnRef, Junction, Lock, LockWait, Node, column, json};
use super::numbered::Numbered;
use super::order::Ordering;
use super::parts::compute;
use super::slots::{Built, Slots};
use crate::backend::Backend;
use crate::db::Handle;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::sql::{counting, own_write};

pub(crate) use aggregate::{Extreme, VALUE};
pub(crate) use pages::Reading;

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
    cursor: Option<Cursor>,
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
    Position,
    /// A limit or an offset of the rows before a position.
    Slice,
}

impl Select {
    /// Selects all rows.
    pub(crate) fn of(meta: &'static ModelMeta) -> Self {
        Self {
            meta,
            filter: Node::All(Junction::default()),
            orders: Vec::new(),
            cursor: None,
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
        let order = self.total_order();
        if let Some(cursor) = &mut self.cursor {
            cursor.order.get_or_insert(order);
        }
        self.orders = ColumnRef::key_of(self.meta).map(Ordering::ascending).collect();
        self
    }

    /// Sets the maximum number of rows.
    pub(crate) fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(self.limit.map_or(limit, |other| Ord::min(other, limit)));
        self
    }

    /// Locks the rows that it reads.
    pub(crate) fn locked(self, wait: LockWait) -> Self {
        Self { lock: Lock::Exclusive(wait), ..self }
    }

    /// Returns the same rows without a lock.
    pub(crate) fn unlocked(self) -> Self {
        Self { lock: Lock::None, ..self }
    }

    /// Returns the same rows with the lock of others.
    pub(crate) fn locked_as(self, others: &Self) -> Self {
        Self { lock: others.lock, ..self }
    }

    /// Returns whether its rows are locked.
    pub(crate) fn is_locked(&self) -> bool {
        self.lock != Lock::None
    }

    /// Returns whether it has a limit or an offset, which an UPDATE or a DELETE cannot have.
    pub(crate) fn is_sliced(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// Returns a `SELECT` of every column, in the model's order.
    pub(crate) fn rows(&self, backend: Backend) -> Result<Built> {
        self.select(backend, self.all())
    }

    /// Returns a `SELECT` of every column of the rows that links lead to, once for each link, and of the key that the
    /// link is from, under the name [`OWNER`](super::linked::OWNER).
    pub(crate) fn rows_linked(&self, backend: Backend, links: Linked) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.ordered(&mut slots)?;
        links.join(&mut select, &mut slots)?;
        dialect::lock(&mut select, self.lock, backend);
        slots.build(select.exprs(self.all()))
    }

    /// Returns a `SELECT` of the columns with the keys of rows, and of the number of the key that each equals.
    pub(crate) fn numbered(&self, backend: Backend, numbered: &Numbered) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.sliced(&mut slots)?;
        dialect::lock(&mut select, self.lock, backend);
        let (number, name) = numbered.number(&mut slots);
        slots.build(select.exprs(numbered.columns.iter().copied().map(column)).expr_as(number, name))
    }

    /// Returns a `SELECT` of every column, of rows that are about to be written.
    pub(crate) fn rows_to_write(&self, backend: Backend) -> Result<Built> {
        self.clone().locked(LockWait::Wait).rows(backend)
    }

    /// Returns a `SELECT` of every column, and of expressions under these names, of rows that are about to be written.
    pub(crate) fn rows_computing(&self, backend: Backend, computed: &[(String, Arc<Computed>)]) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let locked = self.clone().locked(LockWait::Wait);
        let mut select = locked.ordered(&mut slots)?;
        dialect::lock(&mut select, locked.lock, backend);
        select.exprs(self.all());
        compute(&mut select, computed, &mut slots)?;
        slots.build(&select)
    }

    /// Returns a `SELECT` of every column that reads the latest rows and prevents their removal.
    pub(crate) fn rows_to_keep(&self, backend: Backend) -> Result<Built> {
        let lock = if self.lock == Lock::None { Lock::Shared } else { self.lock };
        Self { lock, ..self.clone() }.rows(backend)
    }

    /// Returns a `SELECT` of the primary key.
    pub(crate) fn keys(&self, backend: Backend) -> Result<Built> {
        self.select(backend, ColumnRef::key_of(self.meta).map(column))
    }

    /// Returns a `SELECT` of the primary key, of rows that are about to be written.
    pub(crate) fn keys_to_write(&self, backend: Backend) -> Result<Built> {
        self.clone().locked(LockWait::Wait).keys(backend)
    }

    fn all(&self) -> impl Iterator<Item = Expr> {
        (0..self.meta.columns().len()).map(|index| column(ColumnRef::of(self.meta, index)))
    }

    fn select(&self, backend: Backend, exprs: impl IntoIterator<Item = Expr>) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.ordered(&mut slots)?;
        dialect::lock(&mut select, self.lock, backend);
        slots.build(select.exprs(exprs))
    }

    /// Returns a `SELECT` of these columns.
    ///
    /// # Errors
    ///
    /// [`Error::JsonValue`] for a column of JSON.
    pub(crate) fn values(&self, backend: Backend, columns: &[usize]) -> Result<Built> {
        self.select(backend, self.plain(columns)?.into_iter().map(column))
    }

    /// Returns a `SELECT` of the different values of these columns.
    ///
    /// # Errors
    ///
    /// [`Error::JsonValue`] for a column of JSON. [`Error::QueryOptions`] for an order by another column.
    pub(crate) fn distinct_values(&self, backend: Backend, columns: &[usize]) -> Result<Built> {
        self.refuse_lock("by distinct values; read the rows")?;
        let places = self.plain(columns)?;
        let is_read = |order: &Ordering| places.iter().any(|place| place.column == order.place.column);
        if let Some(order) = self.order().iter().find(|order| !is_read(order)) {
            let field = order.place.field;
            return Err(self.refused(format!("distinct values cannot be in the order of `{field}`; read it too")));
        }
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.ordered(&mut slots)?;
        slots.build(select.distinct().exprs(places.into_iter().map(column)))
    }

    /// Returns references to columns that hold no JSON.
    fn plain(&self, columns: &[usize]) -> Result<Vec<ColumnRef>> {
        let plain = |place: ColumnRef| if place.json { Err(json(place)) } else { Ok(place) };
        columns.iter().map(|index| plain(ColumnRef::of(self.meta, *index))).collect()
    }

    /// Returns the order of the rows. After a position, it ends with the key.
    fn order(&self) -> Cow<'_, [Ordering]> {
        match &self.cursor {
            Some(Cursor { order: None, .. }) => Cow::Owned(self.total_order()),
            _ => Cow::Borrowed(&self.orders),
        }
    }

    /// Returns a `SELECT` of its rows in their order, without columns.
    fn ordered(&self, slots: &mut Slots) -> Result<SelectStatement> {
        let mut select = self.sliced(slots)?;
        for ordering in self.order().iter() {
            dialect::order(&mut select, *ordering, slots.backend);
        }
        Ok(select)
    }

    /// Returns the condition of its rows, or `None` if it selects every row.
    fn condition(&self, slots: &mut Slots) -> Result<Option<Expr>> {
        let filter = slots.filter(&self.filter)?;
        let Some(cursor) = &self.cursor else { return Ok(filter) };
        let order = cursor.order.clone().unwrap_or_else(|| self.total_order());
        let beyond = cursor.condition(self.meta, &order, slots)?;
        Ok(Some(match filter {
            Some(filter) => filter.and(beyond),
            None => beyond,
        }))
    }

    /// Returns a `SELECT` of its rows without their order and without columns.
    fn sliced(&self, slots: &mut Slots) -> Result<SelectStatement> {
        self.refuse_misplaced()?;
        let mut select = Query::select();
        select.from(self.meta.table_name());
        if let Some(condition) = self.condition(slots)? {
            select.and_where(condition);
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

    /// Returns a `SELECT` of one row if there is any.
    pub(crate) fn exists(&self, backend: Backend) -> Result<Built> {
        self.refuse_lock("by `exists`; read them")?;
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
        delete.from_table(self.meta.table_name());
        if let Some(condition) = self.condition(&mut slots)? {
            delete.and_where(condition);
        }
        slots.build_as(&delete, |text| own_write(self.meta, backend, text))
    }

    /// Returns an `UPDATE` of its rows.
    ///
    /// # Errors
    ///
    /// [`Error::QueryOptions`] for a limit or an offset, if nothing is set, or if columns are computed from each
    /// other. [`Error::JsonValue`] for a column of JSON.
    pub(crate) fn update<'a>(
        &self,
        backend: Backend,
        assignments: impl IntoIterator<Item = &'a Assigned>,
    ) -> Result<Built> {
        self.refuse_slice("updated", BY_KEYS)?;
        let mut slots = Slots::new(self.meta, backend);
        let mut update = Query::update();
        update.table(self.meta.table_name());
        for assigned in self.in_order(assignments.into_iter().collect())? {
            let place = ColumnRef::of(self.meta, assigned.column());
            update.value(Alias::new(place.column), slots.assigned(place, assigned.to())?);
        }
        if update.get_values().is_empty() {
            return Err(self.refused("an update sets nothing; give it an assignment".into()));
        }
        if let Some((version, next)) = counting(self.meta, backend) {
            update.value(Alias::new(version), Expr::cust(next));
        }
        if let Some(condition) = self.condition(&mut slots)? {
            update.and_where(condition);
        }
        slots.build_as(&update, |text| own_write(self.meta, backend, text))
    }

    /// Orders assignments so that each expression comes before its columns are set. MySQL executes them one after
    /// another, and an expression there reads the new values of the columns before it.
    fn in_order<'a>(&self, mut assignments: Vec<&'a Assigned>) -> Result<Vec<&'a Assigned>> {
        if !assignments.iter().any(|assigned| assigned.computed().is_some()) {
            return Ok(assignments);
        }
        let mut ordered = Vec::with_capacity(assignments.len());
        while !assignments.is_empty() {
            let is_read = |assigned: &Assigned| {
                let name = self.meta.columns()[assigned.column()].column;
                let mut others = assignments.iter().filter(|other| other.column() != assigned.column());
                others.any(|other| other.computed().is_some_and(|computed| computed.term.reads(name)))
            };
            let Some(next) = assignments.iter().position(|assigned| !is_read(assigned)) else {
                let fields = assignments.iter().map(|assigned| self.meta.columns()[assigned.column()].field);
                let fields = fields.collect::<Vec<_>>().join("`, `");
                return Err(self.refused(format!(
                    "`{fields}` are computed from each other, which MySQL cannot do in one update; write two"
                )));
            };
            ordered.push(assignments.remove(next));
        }
        Ok(ordered)
    }

    /// Returns an error for a lock.
    pub(crate) fn refuse_lock(&self, place: &str) -> Result<()> {
        if self.lock == Lock::None { Ok(()) } else { Err(self.refused(format!("rows cannot be locked {place}"))) }
    }

    /// Returns an error for a lock outside of a transaction, or in one that is read-only. There PostgreSQL would fail,
    /// MySQL would lock, and SQLite would not keep others from writing.
    pub(crate) fn refuse_lock_on(&self, on: Handle<'_>) -> Result<()> {
        match on {
            Handle::Db(_) => self.refuse_lock("outside of a transaction; begin one, and read on its `Tx`"),
            Handle::Tx(tx) if tx.is_read_only() => {
                self.refuse_lock("in a read-only transaction; begin one without `read_only`, or leave the lock out")
            }
            Handle::Tx(_) => Ok(()),
        }
    }

    /// Returns an error for a limit or an offset, and for a lock that does not wait.
    pub(crate) fn refuse_slice(&self, done: &str, fix: &str) -> Result<()> {
        if matches!(self.lock, Lock::Exclusive(LockWait::Skip | LockWait::Fail)) {
            let problem = format!("rows cannot be {done} with `skip_locked` or `no_wait`; read them first, then write");
            return Err(self.refused(problem));
        }
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
            Some(Misplaced::Position) => ("a row", "`after` and `before`"),
            Some(Misplaced::Slice) => {
                return Err(self.refused(
                    "a limit or an offset counts from the first row, not from that given to `before`; call `page`"
                        .into(),
                ));
            }
        };
        Err(self.refused(format!(
            "{what} is set after a limit or an offset, which are applied last; call {calls} before `limit` and `offset`"
        )))
    }

    fn refused(&self, problem: String) -> Error {
        Error::QueryOptions { model: self.meta.name(), problem }
    }
}

//! Statements of many rows of one model.

use sea_query::{Alias, Asterisk, Expr, Func, Order as Direct, Query, SelectStatement};

use super::node::{Comparison, Group, Test};
use super::order::Direction;
use super::render::{Slots, column, json};
use super::{Assigned, Built, Node, Ordering, Place, Value};
use crate::error::{Error, Result};
use crate::field::Backend;
use crate::model::ModelMeta;

/// The name of the one column of [`Select::count`].
pub(crate) const COUNT: &str = "count";

/// Which rows of a model, in which order, and how many.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    meta: &'static ModelMeta,
    filter: Node,
    orders: Vec<Ordering>,
    limit: Option<u64>,
    offset: u64,
}

impl Select {
    /// All rows.
    pub(crate) fn of(meta: &'static ModelMeta) -> Self {
        Self { meta, filter: Node::All(Group::default()), orders: Vec::new(), limit: None, offset: 0 }
    }

    pub(crate) fn meta(&self) -> &'static ModelMeta {
        self.meta
    }

    /// Only rows of which the condition holds too.
    pub(crate) fn filter(mut self, node: Node) -> Self {
        self.filter = self.filter.and(node);
        self
    }

    /// This order, in place of any other.
    pub(crate) fn order_by(mut self, orders: Vec<Ordering>) -> Self {
        self.orders = orders;
        self
    }

    /// The order of the primary key, if there is no other.
    pub(crate) fn or_by_key(self) -> Self {
        if self.orders.is_empty() { self.by_key() } else { self }
    }

    /// The order of the primary key, in place of any other.
    pub(crate) fn by_key(self) -> Self {
        let key = Place::key_of(self.meta);
        self.order_by(vec![Ordering::ascending(key)])
    }

    /// At most so many rows.
    pub(crate) fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(self.limit.map_or(limit, |other| Ord::min(other, limit)));
        self
    }

    /// Without the first so many of its rows.
    pub(crate) fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// The next `size` of its rows in the order of the primary key, behind the row with the key `after`. Of an order of its own nothing is left.
    pub(crate) fn page(self, after: Option<Value>, size: u64) -> Self {
        let key = Place::key_of(self.meta);
        let behind = after.map(|after| Node::test(key, Test::Compare(Comparison::Greater, after)));
        let page = behind.into_iter().fold(self, Self::filter);
        page.by_key().limit(size)
    }

    /// Whether it has a limit or an offset, which an UPDATE or a DELETE cannot have.
    pub(crate) fn is_sliced(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// Its condition alone.
    pub(crate) fn into_filter(self) -> Node {
        self.filter
    }

    /// `SELECT` of every column, in the model's order.
    pub(crate) fn rows(&self, backend: Backend) -> Result<Built> {
        let all = (0..self.meta.columns().len()).map(|index| column(Place::of(self.meta, index)));
        self.select(backend, all)
    }

    /// `SELECT` of the primary key.
    pub(crate) fn keys(&self, backend: Backend) -> Result<Built> {
        self.select(backend, [column(Place::key_of(self.meta))])
    }

    fn select(&self, backend: Backend, exprs: impl IntoIterator<Item = Expr>) -> Result<Built> {
        let mut slots = Slots::new(backend);
        let mut select = self.sliced(&mut slots)?;
        for ordering in &self.orders {
            let direct = match ordering.direction {
                Direction::Ascending => Direct::Asc,
                Direction::Descending => Direct::Desc,
            };
            select.order_by_expr(column(ordering.place), direct);
        }
        slots.build(select.exprs(exprs))
    }

    /// Its rows without their order, of nothing yet.
    fn sliced(&self, slots: &mut Slots) -> Result<SelectStatement> {
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

    /// `SELECT` of the number of rows, under the name [`COUNT`].
    pub(crate) fn count(&self, backend: Backend) -> Result<Built> {
        let mut slots = Slots::new(backend);
        let mut select = self.sliced(&mut slots)?;
        if self.is_sliced() {
            select.expr(Expr::cust("1"));
            select = Query::select().from_subquery(select, Alias::new("sliced")).take();
        }
        slots.build(select.expr_as(Func::count(Expr::col(Asterisk)), Alias::new(COUNT)))
    }

    /// `SELECT` of one row if there is any.
    pub(crate) fn exists(&self, backend: Backend) -> Result<Built> {
        let mut slots = Slots::new(backend);
        let mut select = self.clone().limit(1).sliced(&mut slots)?;
        slots.build(select.expr(Expr::cust("1")))
    }

    /// `DELETE` of its rows.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] for a limit or an offset.
    pub(crate) fn delete(&self, backend: Backend) -> Result<Built> {
        self.refuse_slice("deleted")?;
        let mut slots = Slots::new(backend);
        let mut delete = Query::delete();
        delete.from_table(Alias::new(self.meta.table()));
        if let Some(filter) = slots.filter(&self.filter)? {
            delete.and_where(filter);
        }
        slots.build(&delete)
    }

    /// `UPDATE` of its rows.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] for a limit or an offset, for a column of JSON, and if nothing is set.
    pub(crate) fn update<'a>(
        &self,
        backend: Backend,
        assignments: impl IntoIterator<Item = &'a Assigned>,
    ) -> Result<Built> {
        self.refuse_slice("updated")?;
        let mut slots = Slots::new(backend);
        let mut update = Query::update();
        update.table(Alias::new(self.meta.table()));
        for assigned in assignments {
            let place = Place::of(self.meta, assigned.column());
            if place.json {
                return Err(json(place));
            }
            update.value(Alias::new(place.column), slots.add(assigned.value()));
        }
        if update.get_values().is_empty() {
            return Err(Error::Schema(format!("an update of `{}` sets nothing", self.meta.name())));
        }
        if let Some(filter) = slots.filter(&self.filter)? {
            update.and_where(filter);
        }
        slots.build(&update)
    }

    /// Refuses a limit or an offset.
    pub(crate) fn refuse_slice(&self, done: &str) -> Result<()> {
        if !self.is_sliced() {
            return Ok(());
        }
        Err(Error::Schema(format!(
            "rows of `{}` cannot be {done} with a limit or an offset; filter by their keys instead",
            self.meta.name()
        )))
    }
}

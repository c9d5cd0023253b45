//! The aggregates of one column.

use sea_query::{Alias, Asterisk, Expr, ExprTrait as _, Func, Order, Query, SelectStatement};

use super::{COUNT, Select};
use crate::backend::{Backend, Numbers};
use crate::error::Result;
use crate::query::node::{ColumnRef, column, json};
use crate::query::slots::{Built, Slots};

/// The name of the one column of [`Select::sum`] and [`Select::average`].
pub(crate) const VALUE: &str = "value";

/// Which value of a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extreme {
    Least,
    Greatest,
}

impl Select {
    /// Returns a `SELECT` of the number of rows, under the name [`COUNT`].
    pub(crate) fn count(&self, backend: Backend) -> Result<Built> {
        self.refuse_lock("by a count; read them")?;
        let mut slots = Slots::new(self.meta, backend);
        let mut select = self.sliced(&mut slots)?;
        if self.is_sliced() {
            select.expr(Expr::cust("1"));
            select = Query::select().from_subquery(select, Alias::new(SLICED)).take();
        }
        slots.build(select.expr_as(Func::count(Expr::col(Asterisk)), Alias::new(COUNT)))
    }

    /// Returns a `SELECT` of the sum of a column, under the name [`VALUE`].
    pub(crate) fn sum(&self, backend: Backend, of: usize, numbers: Numbers) -> Result<Built> {
        self.aggregate(backend, of, |column| (backend.capabilities().aggregates.sum)(numbers, column))
    }

    /// Returns a `SELECT` of the average of a column, under the name [`VALUE`].
    pub(crate) fn average(&self, backend: Backend, of: usize, numbers: Numbers) -> Result<Built> {
        self.aggregate(backend, of, |column| (backend.capabilities().aggregates.average)(numbers, column))
    }

    fn aggregate(&self, backend: Backend, of: usize, aggregate: impl FnOnce(Expr) -> Expr) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let (mut select, column) = self.of_column(ColumnRef::of(self.meta, of), &mut slots)?;
        slots.build(select.expr_as(aggregate(column), Alias::new(VALUE)))
    }

    /// Returns a `SELECT` of the least or the greatest value of a column, without a row if there is none.
    ///
    /// An order has more types than MIN and MAX: PostgreSQL has no MIN of `BOOLEAN`, `UUID` and `BYTEA`.
    pub(crate) fn extreme(&self, backend: Backend, of: usize, extreme: Extreme) -> Result<Built> {
        let mut slots = Slots::new(self.meta, backend);
        let place = ColumnRef::of(self.meta, of);
        let (mut select, column) = self.of_column(place, &mut slots)?;
        if !backend.capabilities().sorts_whole_values {
            let value = match extreme {
                Extreme::Least => Func::min(column),
                Extreme::Greatest => Func::max(column),
            };
            select.and_having(Expr::from(value.clone()).is_not_null());
            return slots.build(select.expr_as(value, Alias::new(place.column)));
        }
        if place.nullable {
            select.and_where(column.clone().is_not_null());
        }
        let order = match extreme {
            Extreme::Least => Order::Asc,
            Extreme::Greatest => Order::Desc,
        };
        slots.build(select.order_by_expr(column.clone(), order).limit(1).expr(column))
    }

    /// Returns a `SELECT` of the rows without columns, and the column of these rows.
    fn of_column(&self, place: ColumnRef, slots: &mut Slots) -> Result<(SelectStatement, Expr)> {
        self.refuse_lock("by an aggregate; read them")?;
        if place.json {
            return Err(json(place));
        }
        if !self.is_sliced() {
            return Ok((self.sliced(slots)?, column(place)));
        }
        let rows = self.ordered(slots)?.expr(column(place)).take();
        let select = Query::select().from_subquery(rows, Alias::new(SLICED)).take();
        Ok((select, Expr::col((Alias::new(SLICED), Alias::new(place.column)))))
    }
}

/// The name of a subquery of the rows within a limit and an offset.
const SLICED: &str = "sliced";

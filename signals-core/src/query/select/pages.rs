//! The rows after or before a given one, and pages of them.

use super::{Misplaced, Select};
use crate::error::Result;
use crate::query::cursor::{Cursor, Side};
use crate::query::node::ColumnRef;
use crate::query::order::{Direction, Ordering};

/// Whether the rows of a page are read from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Forward,
    Backward,
}

impl Select {
    /// Selects the rows on one side of a position, in place of any other. After a limit or an offset, the statement
    /// is an error.
    pub(crate) fn beyond(mut self, cursor: Cursor) -> Self {
        self.misplace(Misplaced::Position);
        self.cursor = Some(cursor);
        self
    }

    /// Sets the maximum number of rows, as the application asks for it.
    pub(crate) fn take(mut self, limit: u64) -> Self {
        self.refuse_before();
        self.limit(limit)
    }

    /// Skips this number of rows, as the application asks for it.
    pub(crate) fn skip(mut self, offset: u64) -> Self {
        self.refuse_before();
        self.offset = offset;
        self
    }

    fn refuse_before(&mut self) {
        if self.is_before() {
            self.misplaced.get_or_insert(Misplaced::Slice);
        }
    }

    /// Selects its rows in the order of the key, for reads of this number of rows.
    pub(crate) fn parts(&self, rows: u64) -> Result<Self> {
        self.refuse_slice("read in parts", "read them with `all`")?;
        let problem = if !self.orders.is_empty() {
            "`for_each` reads in the order of the primary key; leave `order_by` out, or read the rows with `stream`"
        } else if self.is_before() {
            "`for_each` reads forward; leave `before` out"
        } else if rows == 0 {
            "`for_each` of 0 rows reads nothing; give a greater number"
        } else {
            return Ok(self.clone().by_key());
        };
        Err(self.refused(problem.into()))
    }

    fn is_before(&self) -> bool {
        self.cursor.as_ref().is_some_and(|cursor| cursor.side == Side::Before)
    }

    /// Returns the order, continued by the primary key so that no two rows are equal.
    pub(super) fn total_order(&self) -> Vec<Ordering> {
        let direction = self.orders.last().map_or(Direction::Ascending, |last| last.direction);
        let is_missing = |key: &ColumnRef| self.orders.iter().all(|order| order.place.column != key.column);
        let missing = ColumnRef::key_of(self.meta).filter(is_missing).map(|place| Ordering { place, direction });
        self.orders.iter().copied().chain(missing).collect()
    }

    /// Selects at most this number of rows in the total order: the first ones after a position, or the last ones
    /// before it. The latter are read backward.
    pub(crate) fn page(&self, rows: u64) -> Result<(Self, Reading)> {
        self.refuse_slice("read in pages", "give the number of rows to `page`")?;
        let mut page = Self { orders: self.total_order(), ..self.clone() };
        let mut reading = Reading::Forward;
        if let Some(cursor) = page.cursor.as_mut().filter(|cursor| cursor.side == Side::Before) {
            cursor.side = Side::After;
            reading = Reading::Backward;
            page.orders.iter_mut().for_each(|order| order.direction = order.direction.reversed());
        }
        Ok((page.limit(rows), reading))
    }
}

//! The rows after or before a given one, in the order of a query.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use sea_query::{BinOper, Expr, ExprTrait as _};
use sqlx::error::BoxDynError;

use super::node::{ColumnRef, column, json};
use super::order::{Direction, Ordering};
use super::slots::Slots;
use super::value::{Bind, BoundValue};
use crate::backend::{Args, Backend, Elements};
use crate::error::{Error, Result};
use crate::model::ModelMeta;

/// The values of a row that rows are compared with.
pub(crate) trait Position: Send + Sync {
    /// Returns the value of a column, by its number.
    fn value(&self, column: usize) -> Option<&dyn Any>;
}

/// Which of the other rows are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    After,
    Before,
}

/// A place in the order of a query.
#[derive(Clone)]
pub(crate) struct Cursor {
    position: Arc<dyn Position>,
    pub(super) side: Side,
    /// The order in which the rows are compared, if not that of the query.
    pub(super) order: Option<Vec<Ordering>>,
}

impl Cursor {
    pub(crate) fn new(position: impl Position + 'static, side: Side) -> Self {
        Self { position: Arc::new(position), side, order: None }
    }

    /// Returns the condition of the rows on its side. The order ends in a unique one.
    pub(super) fn condition(&self, meta: &'static ModelMeta, order: &[Ordering], slots: &mut Slots) -> Result<Expr> {
        let steps = self.steps(meta, order, slots.backend)?;
        let is_uniform = steps.iter().all(|step| step.is_never_null() && step.direction == steps[0].direction);
        if steps.len() > 1 && is_uniform && slots.backend.capabilities().row_comparison_uses_indexes {
            return Ok(rows_beyond(&steps, slots));
        }
        let mut beyond = None;
        for step in steps.iter().rev() {
            beyond = match (step.beyond(slots), beyond) {
                (further, None) => further,
                (Some(further), Some(rest)) => Some(further.or(step.equal(slots).and(rest))),
                (None, Some(rest)) => Some(step.equal(slots).and(rest)),
            };
        }
        let beyond = beyond.unwrap_or_else(|| Expr::cust("1 = 0"));
        Ok(match steps.first() {
            // An index is read from here on. The condition alone does not tell every database.
            Some(first) if steps.len() > 1 && first.is_bounded() => first.not_behind(slots).and(beyond),
            _ => beyond,
        })
    }

    /// Returns the columns to compare: those after the whole key do not count.
    fn steps(&self, meta: &'static ModelMeta, order: &[Ordering], backend: Backend) -> Result<Vec<Step>> {
        let mut missing = meta.primary_key_columns().to_vec();
        let mut steps = Vec::new();
        for Ordering { place, direction } in order.iter().copied() {
            if missing.is_empty() {
                break;
            }
            if place.json {
                return Err(json(place));
            }
            let number = meta.columns().iter().position(|described| described.column == place.column);
            let Some((number, held)) = number.and_then(|number| Some((number, self.position.value(number)?))) else {
                return Err(Error::Internal(format!("a position has no value of `{}`", place.field)));
            };
            missing.retain(|key| *key != number);
            let is_null = meta.columns()[number].is_null(held, backend);
            let value: BoundValue = Arc::new(Held { position: Arc::clone(&self.position), meta, column: number });
            let direction = if self.side == Side::Before { direction.reversed() } else { direction };
            steps.push(Step { place, direction, value, is_null });
        }
        Ok(steps)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cursor").field(&self.side).finish()
    }
}

/// Returns `(a, b) > (?, ?)`.
fn rows_beyond(steps: &[Step], slots: &mut Slots) -> Expr {
    let columns = Expr::tuple(steps.iter().map(|step| column(step.place)));
    let values = Expr::tuple(steps.iter().map(|step| step.slot(slots)).collect::<Vec<_>>());
    columns.binary(steps[0].operator(), values)
}

/// One column of the order, with its value at the position.
struct Step {
    place: ColumnRef,
    direction: Direction,
    value: BoundValue,
    is_null: bool,
}

impl Step {
    /// Returns whether neither the column nor the value is NULL.
    fn is_never_null(&self) -> bool {
        !self.place.nullable && !self.is_null
    }

    /// Returns whether all rows that are further or equal are on one side of the value. NULL is the least value.
    fn is_bounded(&self) -> bool {
        !self.is_null && (!self.place.nullable || self.direction == Direction::Ascending)
    }

    /// Adds the value as the column holds it, without the digits that the column does not keep.
    fn slot(&self, slots: &mut Slots) -> Expr {
        slots.equal(self.place, &self.value)
    }

    fn operator(&self) -> BinOper {
        match self.direction {
            Direction::Ascending => BinOper::GreaterThan,
            Direction::Descending => BinOper::SmallerThan,
        }
    }

    /// Tests whether a row is further in this column. Returns `None` if no row is. NULL is the least value.
    fn beyond(&self, slots: &mut Slots) -> Option<Expr> {
        let column = column(self.place);
        match (self.direction, self.is_null) {
            (Direction::Ascending, true) => Some(column.is_not_null()),
            (Direction::Descending, true) => None,
            (Direction::Descending, false) if self.place.nullable => {
                Some(column.clone().binary(self.operator(), self.slot(slots)).or(column.is_null()))
            }
            (_, false) => Some(column.binary(self.operator(), self.slot(slots))),
        }
    }

    fn equal(&self, slots: &mut Slots) -> Expr {
        let column = column(self.place);
        if self.is_null { column.is_null() } else { column.binary(BinOper::Equal, self.slot(slots)) }
    }

    /// Tests whether a row is further or equal in this column. It must be [bounded](Self::is_bounded).
    fn not_behind(&self, slots: &mut Slots) -> Expr {
        let operator = match self.direction {
            Direction::Ascending => BinOper::GreaterThanOrEqual,
            Direction::Descending => BinOper::SmallerThanOrEqual,
        };
        column(self.place).binary(operator, self.slot(slots))
    }
}

/// The value of a column at a position.
struct Held {
    position: Arc<dyn Position>,
    meta: &'static ModelMeta,
    column: usize,
}

impl Bind for Held {
    fn as_any(&self) -> &dyn Any {
        self.position.value(self.column).unwrap_or(&())
    }

    fn bind(&self, args: &mut Args) -> Result<()> {
        self.meta.columns()[self.column].bind(self.as_any(), args)
    }

    fn bind_compared(&self, args: &mut Args) -> Result<()> {
        self.meta.columns()[self.column].bind_compared(self.as_any(), args)
    }

    fn is_null(&self, backend: Backend) -> bool {
        self.meta.columns()[self.column].is_null(self.as_any(), backend)
    }

    fn add_to_elements(&self, _: Backend, _: &mut Elements) -> Result<bool, BoxDynError> {
        Ok(false)
    }
}

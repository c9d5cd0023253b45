//! The keys of rows, with the number of the key that the database finds equal to each.

use sea_query::{Alias, BinOper, CaseStatement, Expr, ExprTrait as _};

use super::node::{ColumnRef, column};
use super::render::join;
use super::slots::Slots;
use super::value::BoundValue;
use crate::db::padded;

/// The name of the column with the number of a key.
pub(crate) const NUMBER: &str = "signals_number";

/// Keys that are looked for, counted from 0.
#[derive(Debug)]
pub(crate) struct Numbered {
    /// The columns that hold the keys.
    pub(crate) columns: Vec<ColumnRef>,
    /// The keys, one value for each column.
    pub(crate) keys: Vec<Vec<BoundValue>>,
}

impl Numbered {
    /// Returns the number of the first key that the columns equal, under the name [`NUMBER`].
    pub(super) fn number(&self, slots: &mut Slots) -> (Expr, Alias) {
        // Lists of similar lengths share a statement. A repeated key is never the first.
        let len = if slots.pads { padded(self.keys.len()) } else { self.keys.len() };
        let last = self.keys.len().saturating_sub(1);
        let mut case = CaseStatement::new();
        for (number, values) in (0..len).filter_map(|number| Some((number, self.keys.get(number.min(last))?))) {
            let equal = |(place, value): (&ColumnRef, &BoundValue)| {
                column(*place).binary(BinOper::Equal, slots.equal(*place, value))
            };
            let equals = self.columns.iter().zip(values).map(equal).collect();
            if let Some(equal) = join(equals, BinOper::And) {
                case = case.case(equal, Expr::cust(number.to_string()));
            }
        }
        (case.into(), Alias::new(NUMBER))
    }
}

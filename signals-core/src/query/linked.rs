//! Rows that are found by links, which are rows of another table.

use sea_query::{Alias, BinOper, Condition, ExprTrait as _, SelectStatement};

use super::node::{ColumnRef, Node, column};
use super::slots::Slots;
use crate::error::Result;
use crate::model::ModelMeta;

/// The names of the columns with the parts of the key of the row that a link is from.
pub(crate) const OWNER: [&str; 5] =
    ["signals_owner", "signals_owner_2", "signals_owner_3", "signals_owner_4", "signals_owner_5"];

/// The links from some rows to those that are selected.
#[derive(Debug)]
pub(crate) struct Linked {
    /// The model of the links.
    pub(crate) through: &'static ModelMeta,
    /// The indexes of its columns with the keys that they are from.
    pub(crate) own: &'static [usize],
    /// The indexes of its columns with the keys of the selected rows.
    pub(crate) other: &'static [usize],
    /// The model of the selected rows.
    pub(crate) model: &'static ModelMeta,
    /// The condition that links are from certain keys.
    pub(crate) filter: Node,
}

impl Linked {
    /// Joins the links, and selects the key that each is from.
    pub(super) fn join(self, select: &mut SelectStatement, slots: &mut Slots) -> Result<()> {
        let other = ColumnRef::all_of(self.through, self.other).zip(ColumnRef::key_of(self.model));
        let is_other = other.map(|(other, key)| column(other).binary(BinOper::Equal, column(key)));
        select.inner_join(self.through.table_name(), is_other.fold(Condition::all(), Condition::add));
        slots.also_of(self.through);
        for (own, name) in ColumnRef::all_of(self.through, self.own).zip(OWNER) {
            select.expr_as(column(own), Alias::new(name));
        }
        if let Some(filter) = slots.filter(&self.filter)? {
            select.and_where(filter);
        }
        Ok(())
    }
}

//! Rows that are read for the receivers of their delete.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use crate::error::Result;
use crate::model::{AnyModel, Key};
use crate::store::chunk::Chunk;
use crate::store::erased::Erased;
use crate::store::keys::AnyKeys;
use crate::store::payload::Root;
use crate::store::rows::{AnyRows, Batch, DeleteRoot, DeletedInstance};
use crate::store::write_scope::WriteScope;

/// Rows of one model that no other transaction can write until the end of this one.
pub(super) struct Held<'a> {
    begun: DeleteRoot<'a>,
    rows: Box<dyn AnyRows>,
    /// The same rows, read again after receivers may have written.
    later: Option<Box<dyn AnyRows>>,
    own: Option<Own<'a>>,
}

/// The instance on which `delete` was called. Signals send it in place of its row.
struct Own<'a> {
    instance: &'a dyn AnyModel,
    row: OwnRow,
}

enum OwnRow {
    /// No receiver names it, and the result of its DELETE shows whether it existed.
    Unread,
    /// At most one row.
    Read(Box<dyn AnyRows>),
}

impl<'a> Held<'a> {
    /// Reads the rows with the keys of a group at these positions.
    pub(super) async fn read(
        of: &'static dyn Erased,
        keys: &dyn AnyKeys,
        places: Range<usize>,
        begun: DeleteRoot<'a>,
        scope: &WriteScope<'_>,
    ) -> Result<Self> {
        match own_instance(of, keys, &places, begun) {
            Some(instance) if keys.len() == 1 && !of.delete_needs(scope).previous => {
                let own = Some(Own { instance, row: OwnRow::Unread });
                Ok(Self { begun, rows: of.rows(), later: None, own })
            }
            instance => Self::read_with(instance, of, keys, places, begun, scope).await,
        }
    }

    async fn read_with(
        instance: Option<&'a dyn AnyModel>,
        of: &'static dyn Erased,
        keys: &dyn AnyKeys,
        places: Range<usize>,
        begun: DeleteRoot<'a>,
        scope: &WriteScope<'_>,
    ) -> Result<Self> {
        // The database may spell a key differently from the instance.
        let is_alone = places.len() == 1;
        let mut rows = of.rows();
        Chunk::by_key(of, keys, places).lock_rows(scope.handle(), |row| rows.read(row)).await?;
        rows.arrange();
        let own = instance.map(|instance| {
            let row = rows.split_off(&mut |key| !is_alone && key != instance.pk());
            Own { instance, row: OwnRow::Read(row) }
        });
        Ok(Self { begun, rows, later: None, own })
    }

    /// Reads the rows again, and removes those that are gone.
    pub(super) async fn read_again(&mut self, of: &'static dyn Erased, scope: &WriteScope<'_>) -> Result<()> {
        let mut keys = self.rows.keys();
        if self.own.is_some() {
            drop(keys.absorb(self.begun.keys.duplicate()));
        }
        if keys.len() == 0 {
            return Ok(());
        }
        let instance = self.own.as_ref().map(|own| own.instance);
        let now = Self::read_with(instance, of, &*keys, 0..keys.len(), self.begun, scope).await?;
        let there = now.rows.keys();
        let there = set_of(&*there);
        drop(self.rows.split_off(&mut |key| there.contains(&key)));
        self.own = now.own;
        self.later = Some(now.rows);
        Ok(())
    }

    /// Returns the keys of the rows that exist, as far as is known.
    pub(super) fn keys(&self) -> Box<dyn AnyKeys> {
        let mut keys = self.rows.keys();
        match &self.own {
            None => {}
            Some(Own { row: OwnRow::Unread, .. }) => drop(keys.absorb(self.begun.keys.duplicate())),
            Some(Own { row: OwnRow::Read(row), .. }) => drop(keys.absorb(row.keys())),
        }
        keys
    }

    /// Removes the rows with these keys, which were not deleted.
    pub(super) fn leave_out(&mut self, left: &dyn AnyKeys) {
        let left = set_of(left);
        drop(self.rows.split_off(&mut |key| !left.contains(&key)));
        self.own.take_if(|own| left.contains(&own.shown().row.unwrap_or(own.instance).pk()));
    }

    /// Returns the rows for `pre_delete`, with keys ascending. The instance is included even if its row is
    /// gone.
    pub(super) fn before(&self) -> Batch<'_> {
        self.part(Ordering::Less)
    }

    /// Returns the rows for `post_delete`, with keys descending.
    pub(super) fn after(&mut self) -> Batch<'_> {
        self.rows.reverse();
        self.own.take_if(|own| matches!(&own.row, OwnRow::Read(row) if row.first().is_none()));
        self.part(Ordering::Greater)
    }

    fn part(&self, order: Ordering) -> Batch<'_> {
        let asked = self.own.as_ref().map(Own::shown);
        Batch { rows: &*self.rows, later: self.later.as_deref(), asked, begun: self.begun, order }
    }
}

impl Own<'_> {
    fn shown(&self) -> DeletedInstance<'_> {
        let row = if let OwnRow::Read(row) = &self.row { row.first() } else { None };
        DeletedInstance { instance: self.instance, row }
    }
}

/// Returns the instance on which `delete` was called, if its key is among these.
fn own_instance<'a>(
    of: &'static dyn Erased,
    keys: &dyn AnyKeys,
    places: &Range<usize>,
    begun: DeleteRoot<'a>,
) -> Option<&'a dyn AnyModel> {
    let Root::Instance(instance) = begun.root else { return None };
    let is_here = instance.meta() == of.meta() && places.clone().any(|place| keys.key(place) == instance.pk());
    is_here.then_some(instance)
}

fn set_of(keys: &dyn AnyKeys) -> HashSet<Option<Key<'_>>> {
    (0..keys.len()).map(|place| keys.key(place)).collect()
}

//! What a transaction remembers until its end: changes for receivers, and facts about tables.

use std::any::Any;

use super::{Change, Tx, Waiting};
use crate::backend::KeyFacts;
use crate::error::Result;
use crate::model::ModelMeta;

impl Tx {
    /// Returns whether a change of a row of this model was recorded in the transaction.
    pub(crate) fn has_noted(&self, of: &ModelMeta) -> bool {
        self.level().is_ok_and(|level| level.transaction.notes().has(of))
    }

    /// Reads the facts that this transaction keeps about the key of a model's table.
    pub(in crate::db::handle) fn own_key_facts<T>(
        &self,
        meta: &ModelMeta,
        read: impl FnOnce(&KeyFacts) -> T,
    ) -> Result<Option<T>> {
        let notes = self.level()?.transaction.notes();
        Ok(notes.tables.iter().find(|(of, _)| *of == meta).map(|(_, facts)| read(facts)))
    }

    /// Keeps the facts about the key of a model's table, if this transaction may have changed tables.
    /// Otherwise returns them.
    pub(in crate::db::handle) fn keep_own_key_facts(
        &self,
        meta: &'static ModelMeta,
        facts: KeyFacts,
    ) -> Result<Option<KeyFacts>> {
        let mut notes = self.level()?.transaction.notes();
        if !notes.may_alter {
            return Ok(Some(facts));
        }
        notes.tables.retain(|(of, _)| *of != meta);
        notes.tables.push((meta, facts));
        Ok(None)
    }

    /// Forgets the facts that this transaction keeps about the key of a model's table.
    pub(in crate::db::handle) fn forget_own_key_facts(&self, meta: &ModelMeta) -> Result<()> {
        self.level()?.transaction.notes().tables.retain(|(of, _)| *of != meta);
        Ok(())
    }

    /// Returns the result of `look` for each change of this model and type that waits for the end of the
    /// transaction.
    pub(crate) fn noted<T: Any, R>(&self, of: &ModelMeta, look: impl Fn(&T) -> R) -> Result<Vec<R>> {
        Ok(self.level()?.transaction.notes().changes(of, look))
    }

    /// Drops the changes of this model and type for which `is_superseded` returns true, given the level of
    /// each. It is called from the last to the first.
    pub(crate) fn drop_superseded<T: Any>(
        &self,
        of: &ModelMeta,
        is_superseded: impl FnMut(&T, usize) -> bool,
    ) -> Result<()> {
        let superseded = self.level()?.transaction.notes().take_superseded(of, is_superseded);
        // A change owns values of the application, so it is dropped while no lock is held.
        drop(superseded);
        Ok(())
    }

    /// Records a change until the outermost transaction ends, for the receivers that are called then.
    pub(crate) fn note(&self, change: Change) -> Result<()> {
        self.level()?.wait_for_end(Waiting::Change(change))
    }
}

//! The notes of a transaction, which are written without access to its connection.

use std::any::Any;
use std::collections::HashSet;

use super::callback::{End, Waiting, conclude};
use super::database::TxDatabase;
use crate::db::pool::OwnTables;
use crate::model::ModelMeta;

/// Facts that are noted without access to the connection, as in a drop.
pub(in crate::db) struct Notes<D> {
    /// The lowest level that was given up. It is undone before the next statement.
    pub(super) undo: Option<usize>,
    /// The level in which a write may or may not have happened.
    pub(super) doubt: Option<usize>,
    /// The callbacks and changes that wait for the end of the transaction.
    waiting: Vec<Noted<D>>,
    /// The changes of levels that were rolled back. Their receivers are called at the end of the transaction.
    undone: Vec<Noted<D>>,
    /// The position of the next note.
    next: u64,
    /// The models of all changes that were ever noted.
    changed: HashSet<&'static ModelMeta>,
    /// Whether a statement of this transaction may have changed a table.
    pub(in crate::db) may_alter: bool,
    /// The facts about the keys of tables that were queried since then.
    pub(in crate::db) tables: OwnTables,
}

/// A callback or a change that waits for the end of the transaction.
struct Noted<D> {
    /// The level that it belongs to.
    level: usize,
    /// Its position among all notes.
    place: u64,
    what: Waiting<D>,
}

impl<D> Default for Notes<D> {
    fn default() -> Self {
        Self {
            undo: None,
            doubt: None,
            waiting: Vec::new(),
            undone: Vec::new(),
            next: 0,
            changed: HashSet::new(),
            may_alter: false,
            tables: OwnTables::default(),
        }
    }
}

impl<D> Notes<D> {
    /// Marks a level to be undone. Returns its callbacks, which may own any value, to be dropped while no
    /// lock is held.
    #[must_use]
    pub(super) fn give_up(&mut self, level: usize) -> Vec<Waiting<D>> {
        self.undo = Some(self.undo.map_or(level, |undo| undo.min(level)));
        self.doubt = self.doubt.filter(|doubt| *doubt < level);
        // The tables may be undone too.
        self.tables.clear();
        let given_up = self.waiting.extract_if(.., |noted| noted.level >= level);
        let has_receivers =
            |noted: &Noted<D>| matches!(&noted.what, Waiting::Change(change) if change.has_rollback_receivers);
        let (undone, rest): (Vec<_>, Vec<_>) = given_up.partition(has_receivers);
        self.undone.extend(undone);
        rest.into_iter().map(|noted| noted.what).collect()
    }

    /// Takes all callbacks and changes that wait, and those that were rolled back before.
    pub(super) fn take_all(&mut self) -> Ended<D> {
        Ended { waiting: std::mem::take(&mut self.waiting), undone: std::mem::take(&mut self.undone) }
    }

    pub(super) fn wait(&mut self, level: usize, what: Waiting<D>) {
        if let Waiting::Change(change) = &what {
            self.changed.insert(change.of);
        }
        self.waiting.push(Noted { level, place: self.next, what });
        self.next += 1;
    }

    /// Returns whether a change of a row of this model was noted.
    pub(in crate::db) fn has(&self, of: &ModelMeta) -> bool {
        self.changed.contains(of)
    }

    /// Returns the result of `look` for each change of this model and type that waits.
    pub(in crate::db) fn changes<T: Any, R>(&self, of: &ModelMeta, look: impl Fn(&T) -> R) -> Vec<R> {
        let changes = self.waiting.iter().filter_map(|noted| match &noted.what {
            Waiting::Change(change) if change.of == of => change.what.downcast_ref(),
            _ => None,
        });
        changes.map(look).collect()
    }

    /// Takes the changes of this model and type for which `is_superseded` returns true, given the level of
    /// each. It is called from the last to the first.
    #[must_use]
    pub(in crate::db) fn take_superseded<T: Any>(
        &mut self,
        of: &ModelMeta,
        mut is_superseded: impl FnMut(&T, usize) -> bool,
    ) -> Vec<Waiting<D>> {
        let mut taken = HashSet::new();
        for noted in self.waiting.iter().rev() {
            if let Waiting::Change(change) = &noted.what
                && change.of == of
                && change.what.downcast_ref().is_some_and(|change| is_superseded(change, noted.level))
            {
                taken.insert(noted.place);
            }
        }
        if taken.is_empty() {
            return Vec::new();
        }
        self.waiting.extract_if(.., |noted| taken.contains(&noted.place)).map(|noted| noted.what).collect()
    }

    /// Moves the callbacks and changes of a level to the one around it.
    pub(super) fn keep(&mut self, level: usize) {
        for noted in &mut self.waiting {
            noted.level = noted.level.min(level - 1);
        }
    }

    /// Takes the callbacks and changes that wait for the commit of one level, including those of committed
    /// savepoints in it.
    pub(in crate::db) fn take_waiting_at(&mut self, level: usize) -> Vec<Waiting<D>> {
        in_order(self.waiting.extract_if(.., |noted| noted.level == level).collect())
    }

    /// Takes the changes that were rolled back before the end, in order.
    pub(super) fn take_undone(&mut self) -> Vec<Waiting<D>> {
        in_order(std::mem::take(&mut self.undone))
    }
}

/// The callbacks and changes of a transaction that is ending.
pub(super) struct Ended<D> {
    waiting: Vec<Noted<D>>,
    undone: Vec<Noted<D>>,
}

impl<D: TxDatabase> Ended<D> {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.undone.is_empty()
    }

    /// Drops the callbacks, since it is unknown how the transaction ended. Runs those for changes that were
    /// rolled back before.
    pub(super) async fn conclude_unknown(mut self, db: &D) {
        if !self.waiting.is_empty() {
            let waiting = self.waiting.len();
            tracing::warn!(target: "signals", using = db.database().name(), waiting, "no receiver is called at the end of a transaction, since it is unknown how it ended");
            self.waiting.clear();
        }
        self.conclude(db, End::Committed).await;
    }

    /// Runs the callbacks. After a rollback, changes that were rolled back before it belong to the same end.
    pub(super) async fn conclude(mut self, db: &D, end: End) {
        if end == End::RolledBack {
            self.undone.append(&mut self.waiting);
        }
        conclude(db, in_order(self.waiting), End::Committed).await;
        conclude(db, in_order(self.undone), End::RolledBack).await;
    }
}

fn in_order<D>(mut noted: Vec<Noted<D>>) -> Vec<Waiting<D>> {
    noted.sort_by_key(|noted| noted.place);
    noted.into_iter().map(|noted| noted.what).collect()
}

//! A delete that reaches other rows. It collects all rows, sends the signals, and then writes the rows.

use super::held::Held;
use super::unchecked;
use crate::error::Result;
use crate::model::AnyModel;
use crate::store::after_transaction;
use crate::store::calls::{Audience, Deleted};
use crate::store::chunk::Chunk;
use crate::store::collect::{Collected, Group, collect};
use crate::store::erased::Erased;
use crate::store::keys::{AnyKeys, chunks};
use crate::store::payload::Root;
use crate::store::rows::DeleteRoot;
use crate::store::write_scope::WriteScope;

/// The largest number of rows of a model for which both signals share instances. If there are more, the rows
/// are read again for `post_delete`, since all of them at once may take too much memory.
const HELD: usize = 2000;

/// Deletes the row of an instance, and the rows that the delete reaches.
pub(super) async fn delete_instance(
    of: &'static dyn Erased,
    key: Box<dyn AnyKeys>,
    instance: &dyn AnyModel,
    audience: Audience,
    scope: &mut WriteScope<'_>,
) -> Result<Deleted> {
    scope.open_if(true).await?;
    lock(of, &*key, audience, scope).await?;
    cascade(of, key, Root::Instance(instance), audience, scope).await
}

/// Deletes the rows of a set and the rows that the delete reaches. The keys must be read in the same
/// transaction.
pub(in crate::store) async fn delete_set(
    of: &'static dyn Erased,
    keys: Box<dyn AnyKeys>,
    audience: Audience,
    scope: &mut WriteScope<'_>,
) -> Result<Deleted> {
    scope.open_if(true).await?;
    lock(of, &*keys, audience, scope).await?;
    delete_locked_set(of, keys, audience, scope).await
}

/// Runs [`delete_set`] for rows that were locked when their keys were read.
pub(in crate::store) async fn delete_locked_set(
    of: &'static dyn Erased,
    mut keys: Box<dyn AnyKeys>,
    audience: Audience,
    scope: &mut WriteScope<'_>,
) -> Result<Deleted> {
    keys.arrange();
    cascade(of, keys, Root::Set(of.meta()), audience, scope).await
}

/// Locks the first rows of a delete if it reads rows that reference them. Others can then add no such rows,
/// and transactions that delete the same rows wait for each other in one order.
async fn lock(of: &'static dyn Erased, keys: &dyn AnyKeys, audience: Audience, scope: &WriteScope<'_>) -> Result<()> {
    let on = scope.handle();
    if on.db().backend().capabilities().locks.are_taken() && audience.has_receivers_below(of.meta(), scope) {
        let mut locked = keys.empty();
        for places in chunks(keys.len()) {
            Chunk::by_key(of, keys, places).lock(on, &mut *locked).await?;
        }
    }
    Ok(())
}

/// Reads all reached rows, sends every `pre_delete`, and writes. `post_delete` of a model is sent after its
/// rows are deleted.
async fn cascade(
    of: &'static dyn Erased,
    keys: Box<dyn AnyKeys>,
    root: Root<'_>,
    audience: Audience,
    scope: &mut WriteScope<'_>,
) -> Result<Deleted> {
    scope.open_if(true).await?;
    let asked = keys.duplicate();
    let begun = DeleteRoot { root, keys: &*asked };
    let Collected { groups, mut unseen, mut resets } = collect(of, keys, audience, scope).await?;
    let mut groups: Vec<_> = groups.into_iter().map(|group| DeleteGroup { group, held: None, begun }).collect();
    for group in &mut groups {
        group.hold(scope).await?;
    }
    // Whether receivers may have written since the rows were read.
    let mut may_differ = false;
    for group in &groups {
        may_differ |= group.pre_delete(scope).await?;
    }
    // Receivers may have changed the values that other rows reference.
    for reached in unseen.iter_mut().chain(resets.iter_mut().map(|(reached, _)| reached)) {
        reached.read_values(scope).await?;
    }
    let mut deleted = Deleted::default();
    for reached in unseen {
        for chunk in reached.chunks() {
            deleted.add(reached.by.meta(), chunk.delete(scope.handle()).await?);
        }
        after_transaction::reread(reached.by.store, scope.handle()).await?;
    }
    for (reached, to) in resets {
        for chunk in reached.chunks() {
            chunk.reset(scope.handle(), to).await?;
        }
        after_transaction::reread(reached.by.store, scope.handle()).await?;
    }
    scope.defer_references_if(groups.iter().any(|group| group.group.breaks_references)).await?;
    let mut referencing = Vec::with_capacity(groups.len());
    for group in &groups {
        referencing.push(unchecked::referencing(&group.group, scope).await?);
    }
    for group in &mut groups {
        may_differ |= group.delete(may_differ, &mut deleted, scope).await?;
    }
    for (DeleteGroup { group, .. }, referencing) in groups.iter().zip(&referencing) {
        unchecked::look_after(group, referencing, scope).await?;
        if !group.has_receivers {
            after_transaction::reread(group.of, scope.handle()).await?;
        }
    }
    Ok(deleted)
}

/// The rows of one model during the delete.
struct DeleteGroup<'a> {
    group: Group,
    /// The rows in parts, if receivers get them and there are not too many.
    held: Option<Vec<Held<'a>>>,
    begun: DeleteRoot<'a>,
}

impl<'a> DeleteGroup<'a> {
    /// Reads the rows for receivers, before any receiver runs.
    async fn hold(&mut self, scope: &WriteScope<'_>) -> Result<()> {
        let Group { of, keys, has_receivers, .. } = &self.group;
        if *has_receivers && keys.len() <= HELD {
            let mut held = Vec::new();
            for places in chunks(keys.len()) {
                held.push(Held::read(*of, &**keys, places, self.begun, scope).await?);
            }
            self.held = Some(held);
        }
        Ok(())
    }

    /// Sends `pre_delete`, with keys ascending. Returns whether receivers may have written.
    async fn pre_delete(&self, scope: &mut WriteScope<'_>) -> Result<bool> {
        let Group { of, keys, has_receivers, .. } = &self.group;
        if !has_receivers {
            return Ok(false);
        }
        let needs = of.delete_needs(scope);
        if let Some(held) = &self.held {
            for held in held {
                of.pre_delete(held.before(), scope).await?;
            }
        } else if needs.before {
            for places in chunks(keys.len()) {
                let held = Held::read(*of, &**keys, places, self.begun, scope).await?;
                of.pre_delete(held.before(), scope).await?;
            }
        }
        Ok(needs.may_write_before)
    }

    /// Deletes the rows, and sends `post_delete` with keys descending. Returns whether receivers may have
    /// written.
    async fn delete(&mut self, may_differ: bool, deleted: &mut Deleted, scope: &mut WriteScope<'_>) -> Result<bool> {
        let Group { of, keys, has_receivers, .. } = &self.group;
        let needs = of.delete_needs(scope);
        if !has_receivers || !needs.after {
            let rows = self.delete_rows(&**keys, scope).await?;
            deleted.add(of.meta(), rows);
            return Ok(false);
        }
        if let Some(mut held) = self.held.take() {
            if may_differ && (keys.len() > 1 || needs.previous) {
                for held in &mut held {
                    held.read_again(*of, scope).await?;
                }
            }
            self.delete_held(held, deleted, scope).await?;
        } else {
            for places in chunks(keys.len()).rev() {
                let held = Held::read(*of, &**keys, places, self.begun, scope).await?;
                self.delete_held(vec![held], deleted, scope).await?;
            }
        }
        Ok(needs.may_write_after)
    }

    /// Deletes rows that were read, and sends `post_delete` for those that the statements deleted.
    async fn delete_held(
        &self,
        mut held: Vec<Held<'a>>,
        deleted: &mut Deleted,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let of = self.group.of;
        let mut keys = of.keys();
        for held in &held {
            drop(keys.absorb(held.keys()));
        }
        let mut rows = self.delete_rows(&*keys, scope).await?;
        if rows < keys.len() as u64 {
            let mut left = keys.duplicate();
            if keys.len() > 1 {
                // A trigger kept some rows, or the database deleted some together with others.
                left = keys.empty();
                for places in chunks(keys.len()) {
                    Chunk::by_key(of, &*keys, places).lock(scope.handle(), &mut *left).await?;
                }
            }
            for held in &mut held {
                held.leave_out(&*left);
            }
            rows = keys.len().saturating_sub(left.len()) as u64;
        }
        deleted.add(of.meta(), rows);
        for held in held.iter_mut().rev() {
            of.post_delete(held.after(), scope).await?;
        }
        Ok(())
    }

    /// Deletes the rows with these keys, and returns how many there were.
    async fn delete_rows(&self, keys: &dyn AnyKeys, scope: &WriteScope<'_>) -> Result<u64> {
        let mut rows = 0;
        if keys.len() > 0 {
            unchecked::begin(&self.group, scope).await?;
            for places in chunks(keys.len()) {
                rows += Chunk::by_key(self.group.of, keys, places).delete(scope.handle()).await?;
            }
            unchecked::end(&self.group, scope).await?;
        }
        Ok(rows)
    }
}

//! A delete that reaches other rows: everything is collected, then told, then written.

use std::cmp::Ordering;
use std::iter;
use std::ops::Range;

use super::{Deleted, unchecked};
use crate::error::Result;
use crate::model::{AnyModel, Key};
use crate::store::chunk::{Chunk, chunks};
use crate::store::collect::{Collected, Group, collect};
use crate::store::erased::Erased;
use crate::store::keys::AnyKeys;
use crate::store::origin::Root;
use crate::store::relations::Audience;
use crate::store::rows::{AnyRows, Begun, Part};
use crate::store::work::Work;

/// Of how many rows of a model both signals show the same instances. Of more, the rows are read anew for `post_delete`, since all of them at once may be too many.
const HELD: usize = 2000;

/// Deletes the row of an instance, and what the delete reaches.
pub(super) async fn delete_instance(
    of: &'static dyn Erased,
    key: Box<dyn AnyKeys>,
    instance: &dyn AnyModel,
    audience: Audience,
    work: &mut Work<'_>,
) -> Result<Deleted> {
    let begun = Begun { root: Root::Instance(instance), set: None };
    cascade(of, key, begun, audience, work).await
}

/// Deletes the rows of a set, whose keys were read in the same transaction, and what the delete reaches.
pub(in crate::store) async fn delete_set(
    of: &'static dyn Erased,
    mut keys: Box<dyn AnyKeys>,
    audience: Audience,
    work: &mut Work<'_>,
) -> Result<Deleted> {
    keys.arrange();
    let set = keys.duplicate();
    let begun = Begun { root: Root::Set(of.meta()), set: Some(&*set) };
    cascade(of, keys, begun, audience, work).await
}

/// Reads what is reached, sends every `pre_delete`, and writes; each model's `post_delete` comes when its rows are gone.
async fn cascade(
    of: &'static dyn Erased,
    keys: Box<dyn AnyKeys>,
    begun: Begun<'_>,
    audience: Audience,
    work: &mut Work<'_>,
) -> Result<Deleted> {
    work.open_if(true).await?;
    let Collected { groups, unseen, resets } = collect(of, keys, audience, work).await?;
    let mut groups: Vec<_> = groups.into_iter().map(|group| Telling { group, held: None, begun }).collect();
    for telling in &mut groups {
        telling.hold(work).await?;
    }
    for telling in &mut groups {
        telling.pre_delete(work).await?;
    }
    let mut deleted = Deleted::default();
    for reached in unseen {
        for chunk in reached.chunks() {
            deleted.add(reached.by.meta(), chunk.delete(work.handle()).await?);
        }
        reached.by.store.reread(work).await?;
    }
    for (reached, to) in resets {
        for chunk in reached.chunks() {
            chunk.reset(work.handle(), to).await?;
        }
        reached.by.store.reread(work).await?;
    }
    work.defer_references_if(groups.iter().any(|telling| telling.group.breaks_references)).await?;
    for telling in &mut groups {
        telling.delete(&mut deleted, work).await?;
    }
    for Telling { group, .. } in &groups {
        unchecked::look_after(group, work).await?;
        if !group.heard {
            group.of.reread(work).await?;
        }
    }
    Ok(deleted)
}

/// The rows of one model, and who is told of them.
struct Telling<'a> {
    group: Group,
    /// The rows themselves, part by part, where someone is told of them and they are not too many.
    held: Option<Vec<Box<dyn AnyRows>>>,
    begun: Begun<'a>,
}

impl<'a> Telling<'a> {
    /// Reads the rows that are shown to receivers, as they are before any receiver ran.
    async fn hold(&mut self, work: &Work<'_>) -> Result<()> {
        if self.group.heard && self.group.keys.len() <= HELD {
            let mut held = Vec::new();
            for places in chunks(self.group.keys.len()) {
                held.push(self.read(places, work).await?);
            }
            self.held = Some(held);
        }
        Ok(())
    }

    /// Sends `pre_delete`, with keys ascending.
    async fn pre_delete(&mut self, work: &mut Work<'_>) -> Result<()> {
        if !self.group.heard || (self.held.is_none() && !self.group.of.hears_pre_delete(work)) {
            return Ok(());
        }
        for (part, places) in chunks(self.group.keys.len()).enumerate() {
            let read;
            let rows = if let Some(held) = &self.held {
                &*held[part]
            } else {
                read = self.read(places.clone(), work).await?;
                &*read
            };
            let part = self.part(rows, places, Ordering::Less);
            self.group.of.pre_delete(part, work).await?;
        }
        Ok(())
    }

    /// Deletes the rows, and sends `post_delete` with keys descending.
    async fn delete(&mut self, deleted: &mut Deleted, work: &mut Work<'_>) -> Result<()> {
        let of = self.group.of;
        let all = chunks(self.group.keys.len());
        if let Some(held) = self.held.take() {
            self.delete_rows(all.clone(), deleted, work).await?;
            for (mut rows, places) in held.into_iter().zip(all).rev() {
                rows.reverse();
                of.post_delete(self.part(&*rows, places, Ordering::Greater), work).await?;
            }
            return Ok(());
        }
        for places in all.rev() {
            let rows = if self.group.heard { Some(self.read(places.clone(), work).await?) } else { None };
            self.delete_rows(iter::once(places.clone()), deleted, work).await?;
            if let Some(mut rows) = rows {
                rows.reverse();
                of.post_delete(self.part(&*rows, places, Ordering::Greater), work).await?;
            }
        }
        Ok(())
    }

    async fn delete_rows(
        &self,
        parts: impl Iterator<Item = Range<usize>> + Send,
        deleted: &mut Deleted,
        work: &Work<'_>,
    ) -> Result<()> {
        let Group { of, keys, .. } = &self.group;
        unchecked::begin(&self.group, work).await?;
        for places in parts {
            let rows = Chunk::by_key(*of, &**keys, places).delete(work.handle()).await?;
            deleted.add(of.meta(), rows);
        }
        unchecked::end(&self.group, work).await
    }

    /// Reads some of the rows, but not that of the instance whose delete was asked for.
    async fn read(&self, places: Range<usize>, work: &Work<'_>) -> Result<Box<dyn AnyRows>> {
        let Group { of, keys, .. } = &self.group;
        let mut rows = of.rows();
        let instance = self.instance(&places);
        if instance.is_none() || places.len() > 1 {
            Chunk::by_key(*of, &**keys, places).read_rows(work.handle(), |row| rows.read(row)).await?;
        }
        if let Some(key) = instance.and_then(AnyModel::pk) {
            rows.leave_out(&key);
        }
        rows.arrange();
        Ok(rows)
    }

    /// The instance whose delete was asked for, if its key is among these.
    fn instance(&self, places: &Range<usize>) -> Option<&'a dyn AnyModel> {
        let Root::Instance(instance) = self.begun.root else { return None };
        let is_its = |key: Option<Key<'_>>| key == instance.pk();
        let is_here =
            instance.meta() == self.group.of.meta() && places.clone().any(|place| is_its(self.group.keys.key(place)));
        is_here.then_some(instance)
    }

    fn part<'r>(&self, rows: &'r dyn AnyRows, places: Range<usize>, order: Ordering) -> Part<'r>
    where
        'a: 'r,
    {
        Part { rows, instance: self.instance(&places), begun: self.begun, order }
    }
}

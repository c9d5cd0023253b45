//! The statements of one change: which links there are, and the rows that are written and removed.

use std::collections::HashSet;
use std::ops::Range;

use super::fill::Fill;
use super::side::{How, Side};
use crate::db::{Doing, Handle, Statement};
use crate::error::Result;
use crate::field::Args;
use crate::model::Key;
use crate::sql::{Links, Reached, most_values};
use crate::store::chunk::{bind_padded, chunks, padded};
use crate::store::delete::delete_set;
use crate::store::erased::Erased;
use crate::store::keys::AnyKeys;
use crate::store::relations::Audience;
use crate::store::work::Work;

/// How many links one statement inserts, unless they have more columns than the database binds values.
const AT_ONCE: usize = 512;

/// A row to be inserted: to the key at this place, or back from it.
#[derive(Clone, Copy)]
struct NewLink {
    key: usize,
    back: bool,
}

impl Side<'_> {
    /// All keys that are linked, in order.
    pub(super) async fn linked(&self, mut empty: Box<dyn AnyKeys>, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let links = self.links(on.db()?.backend());
        let mut args = Args::new(links.backend, 1);
        self.owner.bind(&mut args)?;
        let column = links.through.columns()[links.other].column;
        on.each(&links.keys(), args, self.doing("SELECT"), |row| empty.read(row, column)).await?;
        empty.arrange();
        Ok(empty)
    }

    /// Those of `keys` that are not linked, in order.
    pub(super) async fn missing(&self, keys: Box<dyn AnyKeys>, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let mut linked = self.linked_among(self.links(on.db()?.backend()), &*keys, on).await?;
        Ok(linked.absorb(keys))
    }

    /// Takes those out of `keys` that are linked already, though they were not among `missing`: receivers put them in.
    pub(super) async fn leave_out_linked(
        &self,
        keys: &mut dyn AnyKeys,
        mut missing: Box<dyn AnyKeys>,
        on: Handle<'_>,
    ) -> Result<()> {
        let put_in = missing.absorb(keys.duplicate());
        if put_in.len() == 0 {
            return Ok(());
        }
        let linked = self.linked_among(self.links(on.db()?.backend()), &*put_in, on).await?;
        let linked = places_of(&*linked);
        keys.retain(&mut |key| !linked.contains(&Some(key.clone())));
        Ok(())
    }

    async fn linked_among(&self, links: Links, keys: &dyn AnyKeys, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let mut linked = keys.empty();
        let column = links.through.columns()[links.other].column;
        for part in chunks(keys.len()) {
            let mut args = Args::new(links.backend, padded(&part) + 1);
            self.owner.bind(&mut args)?;
            bind_padded(keys, &part, &mut args)?;
            let statement = links.existing(padded(&part));
            on.each(&statement, args, self.doing("SELECT"), |row| linked.read(row, column)).await?;
        }
        linked.arrange();
        Ok(linked)
    }

    /// Inserts the links that are not there.
    pub(super) async fn insert(&self, keys: &dyn AnyKeys, fill: &Fill, work: &mut Work<'_>) -> Result<()> {
        let links = self.links(work.handle().db()?.backend());
        let new = self.new_links(links, keys, work).await?;
        let columns = fill.columns(links, self.through);
        let at_once = AT_ONCE.min(most_values(links.backend) / columns.len()).max(1);
        work.open_if(new.len() > at_once).await?;
        for new in new.chunks(at_once) {
            let (statement, args) = self.insertion(links, keys, new, &columns, fill)?;
            work.handle().run(&statement, args, self.doing("INSERT")).await?;
        }
        Ok(())
    }

    /// The rows to be inserted, with those that the database leaves out by itself.
    async fn new_links(&self, links: Links, keys: &dyn AnyKeys, work: &mut Work<'_>) -> Result<Vec<NewLink>> {
        let there = (0..keys.len()).map(|key| NewLink { key, back: false });
        let back = (0..keys.len()).map(|key| NewLink { key, back: true }).filter(|_| links.symmetrical);
        if links.are_unique() || keys.len() == 0 {
            return Ok(there.chain(back).collect());
        }
        // Nothing in the database keeps a link from being there twice, so nobody else may write between the look and the write.
        work.open_if(true).await?;
        let linked = self.linked_among(links, keys, work.handle()).await?;
        let linked = places_of(&*linked);
        let mut new: Vec<_> = there.filter(|new| !linked.contains(&keys.key(new.key))).collect();
        if links.symmetrical {
            let links = Links { own: links.other, other: links.own, ..links };
            let linked = self.linked_among(links, keys, work.handle()).await?;
            let linked = places_of(&*linked);
            let own = self.instance.pk();
            new.extend(back.filter(|new| keys.key(new.key) != own && !linked.contains(&keys.key(new.key))));
        }
        Ok(new)
    }

    fn insertion(
        &self,
        links: Links,
        keys: &dyn AnyKeys,
        new: &[NewLink],
        columns: &[usize],
        fill: &Fill,
    ) -> Result<(Statement, Args)> {
        let mut args = Args::new(links.backend, columns.len() * new.len());
        for NewLink { key, back } in new.iter().copied() {
            if !back {
                self.owner.bind(&mut args)?;
            }
            keys.bind(key..key + 1, &mut args)?;
            if back {
                self.owner.bind(&mut args)?;
            }
            fill.bind(self.through, &mut args)?;
        }
        Ok((links.insert(columns, new.len()), args))
    }

    /// Deletes the links to these keys, or all of them; with the signals of a delete where someone hears those of the through model.
    pub(super) async fn delete(&self, keys: Option<&dyn AnyKeys>, how: How, work: &mut Work<'_>) -> Result<()> {
        let audience = if how.quiet { Audience::Nobody } else { Audience::Receivers };
        let through: &'static dyn Erased = self.through;
        let parts = match keys {
            Some(keys) => chunks(keys.len()).map(Some).collect(),
            None => vec![None],
        };
        if audience.misses_all(through, work) {
            work.open_if(parts.len() > 1).await?;
            for part in parts {
                let (statement, args) = self.reach(keys, part.as_ref(), work.handle(), Links::delete)?;
                work.handle().run(&statement, args, self.doing("DELETE")).await?;
            }
            return Ok(());
        }
        work.open_if(true).await?;
        let mut found = through.keys();
        let column = through.meta().primary_key().column;
        for part in parts {
            let (statement, args) = self.reach(keys, part.as_ref(), work.handle(), Links::select)?;
            work.handle().each(&statement, args, self.doing("SELECT"), |row| found.read(row, column)).await?;
        }
        delete_set(through, found, audience, work).await.map(drop)
    }

    /// A statement over the links to some of the keys, or over all.
    fn reach(
        &self,
        keys: Option<&dyn AnyKeys>,
        part: Option<&Range<usize>>,
        on: Handle<'_>,
        make: impl FnOnce(&Links, Reached) -> Statement,
    ) -> Result<(Statement, Args)> {
        let links = self.links(on.db()?.backend());
        let reached = part.map_or(Reached::All, |part| Reached::To(padded(part)));
        let mut args = Args::new(links.backend, 2 * (part.map_or(0, padded) + 1));
        for _ in 0..if links.symmetrical { 2 } else { 1 } {
            self.owner.bind(&mut args)?;
            if let (Some(keys), Some(part)) = (keys, part) {
                bind_padded(keys, part, &mut args)?;
            }
        }
        Ok((make(&links, reached), args))
    }

    fn doing(&self, verb: &'static str) -> Doing {
        Doing { verb, model: self.through.meta().name() }
    }
}

fn places_of(keys: &dyn AnyKeys) -> HashSet<Option<Key<'_>>> {
    (0..keys.len()).map(|place| keys.key(place)).collect()
}

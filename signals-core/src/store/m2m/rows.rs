//! The statements of one change: which links there are, and the rows that are written and removed.

use std::collections::HashSet;
use std::ops::Range;

use super::super::keys::AnyKeys;
use super::super::work::Work;
use super::fill::Fill;
use super::side::Side;
use crate::db::{Doing, Handle};
use crate::error::Result;
use crate::field::Args;
use crate::sql::Links;

/// How many links one statement is about; each takes a few parameters, of which databases allow some ten thousand.
const AT_ONCE: usize = 1000;

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

    async fn linked_among(&self, links: Links, keys: &dyn AnyKeys, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let mut linked = keys.empty();
        let column = links.through.columns()[links.other].column;
        for places in parts(keys.len()) {
            let mut args = Args::new(links.backend, places.len() + 1);
            self.owner.bind(&mut args)?;
            let statement = links.existing(places.len());
            keys.bind(places, &mut args)?;
            on.each(&statement, args, self.doing("SELECT"), |row| linked.read(row, column)).await?;
        }
        linked.arrange();
        Ok(linked)
    }

    /// Inserts the links that are not there.
    pub(super) async fn insert(&self, keys: &dyn AnyKeys, fill: &Fill, work: &mut Work<'_>) -> Result<()> {
        let links = self.links(work.handle().db()?.backend());
        let new = self.new_links(links, keys, work).await?;
        work.open_if(new.len() > AT_ONCE).await?;
        for new in new.chunks(AT_ONCE) {
            let (statement, args) = self.insertion(links, keys, new, fill)?;
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
        fill: &Fill,
    ) -> Result<(crate::db::Statement, Args)> {
        let columns = fill.columns(links, self.through);
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
        Ok((links.insert(&columns, new.len()), args))
    }

    /// Deletes the links to these keys.
    pub(super) async fn delete(&self, keys: &dyn AnyKeys, work: &mut Work<'_>) -> Result<()> {
        let links = self.links(work.handle().db()?.backend());
        work.open_if(keys.len() > AT_ONCE).await?;
        for places in parts(keys.len()) {
            let mut args = Args::new(links.backend, 2 * (places.len() + 1));
            for _ in 0..directions(links) {
                self.owner.bind(&mut args)?;
                keys.bind(places.clone(), &mut args)?;
            }
            work.handle().run(&links.delete(places.len()), args, self.doing("DELETE")).await?;
        }
        Ok(())
    }

    /// Deletes all links.
    pub(super) async fn delete_all(&self, work: &mut Work<'_>) -> Result<()> {
        let on = work.handle();
        let links = self.links(on.db()?.backend());
        let mut args = Args::new(links.backend, 2);
        for _ in 0..directions(links) {
            self.owner.bind(&mut args)?;
        }
        on.run(&links.delete_all(), args, self.doing("DELETE")).await.map(drop)
    }

    fn doing(&self, verb: &'static str) -> Doing {
        Doing { verb, model: self.through.meta().name() }
    }
}

fn directions(links: Links) -> usize {
    if links.symmetrical { 2 } else { 1 }
}

/// So many places, as many at once as a statement takes.
fn parts(len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(AT_ONCE).map(move |first| first..Ord::min(first + AT_ONCE, len))
}

fn places_of(keys: &dyn AnyKeys) -> HashSet<Option<crate::model::Key<'_>>> {
    (0..keys.len()).map(|place| keys.key(place)).collect()
}

//! The statements of one change, which read and delete links.

use std::ops::Range;

use super::side::{LinkOptions, Side};
use crate::backend::{Args, Row};
use crate::db::{Doing, Handle, Statement};
use crate::error::Result;
use crate::sql::{LinkFilter, Links};
use crate::store::after_transaction;
use crate::store::calls::Audience;
use crate::store::delete::delete_set;
use crate::store::erased::Erased;
use crate::store::keys::{AnyKeys, bind_padded, chunks, padded};
use crate::store::write_scope::WriteScope;

impl Side<'_> {
    /// Returns all linked keys, in order.
    pub(super) async fn linked(&self, mut empty: Box<dyn AnyKeys>, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let links = self.links(on.db().backend());
        let mut args = Args::new(links.backend, links.own.len());
        self.bind_owner(&mut args)?;
        let read = |row: &Row<'_>| empty.read(row, links.through, links.other);
        on.each(&links.keys(), args, self.doing("SELECT"), read).await?;
        empty.arrange();
        Ok(empty)
    }

    /// Returns the keys of `keys` that are not linked, in order.
    pub(super) async fn missing(&self, keys: Box<dyn AnyKeys>, scope: &WriteScope<'_>) -> Result<Box<dyn AnyKeys>> {
        let on = scope.handle();
        let mut linked = self.linked_among(self.links(on.db().backend()), &*keys, Links::existing, on).await?;
        if scope.is_open() || !scope.is_outermost() {
            linked = self.still_linked(linked, on).await?;
        }
        Ok(linked.absorb(keys))
    }

    /// Returns those of these keys that are still linked, if they were read in a transaction of MySQL, whose snapshot
    /// may be old.
    ///
    /// It looks for no others, since a locking read of a missing link would lock the gap in which others insert.
    pub(super) async fn still_linked(&self, linked: Box<dyn AnyKeys>, on: Handle<'_>) -> Result<Box<dyn AnyKeys>> {
        let links = self.links(on.db().backend());
        if !links.backend.capabilities().locks.reads_snapshot {
            return Ok(linked);
        }
        self.linked_among(links, &*linked, Links::existing_to_keep, on).await
    }

    /// Returns the keys of `keys` that are linked, in order. `find` builds the statement.
    pub(super) async fn linked_among(
        &self,
        links: Links,
        keys: &dyn AnyKeys,
        find: fn(&Links, usize) -> Statement,
        on: Handle<'_>,
    ) -> Result<Box<dyn AnyKeys>> {
        let mut linked = keys.empty();
        for part in chunks(keys.len()) {
            let mut args = Args::new(links.backend, padded(&part) * links.other.len() + links.own.len());
            self.bind_owner(&mut args)?;
            bind_padded(keys, &part, &mut args)?;
            let statement = find(&links, padded(&part));
            let read = |row: &Row<'_>| linked.read(row, links.through, links.other);
            on.each(&statement, args, self.doing("SELECT"), read).await?;
        }
        linked.arrange();
        Ok(linked)
    }

    /// Deletes the links to these keys, or all of them. If deletes of the through model have receivers, their
    /// signals are sent.
    pub(super) async fn delete(
        &self,
        keys: Option<&dyn AnyKeys>,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let audience = Audience::unless(options.quiet);
        let through: &'static dyn Erased = self.through;
        let parts = match keys {
            Some(keys) => chunks(keys.len()).map(Some).collect(),
            None => vec![None],
        };
        if audience.misses_all(through, scope) {
            scope.open_if(parts.len() > 1 || after_transaction::awaits_end(through.meta(), scope.handle())).await?;
            for part in parts {
                let (statement, args) = self.reach(keys, part.as_ref(), scope.handle(), Links::delete)?;
                scope.handle().run(&statement, args, self.doing("DELETE")).await?;
            }
            return after_transaction::reread(through, scope.handle()).await;
        }
        scope.open_if(true).await?;
        let mut found = through.keys();
        let meta = through.meta();
        for part in parts {
            let (statement, args) = self.reach(keys, part.as_ref(), scope.handle(), Links::select)?;
            let read = |row: &Row<'_>| found.read(row, meta, meta.primary_key_columns());
            scope.handle().each(&statement, args, self.doing("SELECT"), read).await?;
        }
        delete_set(through, found, audience, scope).await.map(drop)
    }

    /// Returns a statement over the links to some of the keys, or over all.
    fn reach(
        &self,
        keys: Option<&dyn AnyKeys>,
        part: Option<&Range<usize>>,
        on: Handle<'_>,
        make: impl FnOnce(&Links, LinkFilter) -> Statement,
    ) -> Result<(Statement, Args)> {
        let links = self.links(on.db().backend());
        let reached = part.map_or(LinkFilter::All, |part| LinkFilter::To(padded(part)));
        let mut args = Args::new(links.backend, 2 * (part.map_or(0, padded) * links.other.len() + links.own.len()));
        // A symmetrical link is two rows, and the statement binds the same values for each.
        for _ in 0..if links.symmetrical { 2 } else { 1 } {
            self.bind_owner(&mut args)?;
            if let (Some(keys), Some(part)) = (keys, part) {
                bind_padded(keys, part, &mut args)?;
            }
        }
        Ok((make(&links, reached), args))
    }

    pub(super) fn doing(&self, verb: &'static str) -> Doing {
        Doing { verb, model: self.through.meta().name() }
    }
}

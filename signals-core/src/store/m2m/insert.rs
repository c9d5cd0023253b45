//! The INSERT of links. It finds out which links it inserted, since others may insert the same at any time.

use std::collections::HashSet;
use std::{iter, slice};

use super::fill::LinkDefaults;
use super::side::Side;
use crate::backend::Args;
use crate::db::{Handle, Statement};
use crate::error::{Error, Result};
use crate::model::Key;
use crate::sql::{Among, Links, select_all};
use crate::store::bulk::statement_of;
use crate::store::keys::{AnyKeys, bind_padded, chunks, padded};
use crate::store::table::has_unique_key;
use crate::store::write_scope::WriteScope;

/// The number of links that one statement inserts, unless their columns exceed the limit of bound values.
const AT_ONCE: usize = 512;

/// A link to insert: to the key at this position, or back from it.
#[derive(Clone, Copy)]
struct NewLink {
    key: usize,
    back: bool,
}

/// The INSERTs of one call.
struct Insertion<'a> {
    side: &'a Side<'a>,
    links: Links,
    keys: &'a dyn AnyKeys,
    columns: Vec<usize>,
    fill: &'a LinkDefaults,
    at_once: usize,
    are_unique: bool,
}

impl Side<'_> {
    /// Returns whether the database keeps each pair unique.
    ///
    /// A declared `unique(..)` is trusted. If the pair is the key of the model, the schema is asked, once: a table that
    /// was there before may have no key, or a unique key of one of the two.
    async fn are_unique(&self, on: Handle<'_>) -> Result<bool> {
        let links = self.links(on.db().backend());
        Ok(links.are_declared_unique() || links.are_keys() && has_unique_key(links.through, on).await?)
    }

    /// Locks the source rows of the links, if the database does not enforce unique links. This keeps others
    /// from adding the same links.
    ///
    /// It must come before the links are read. In a transaction of MySQL, the first read fixes the snapshot
    /// of all later ones.
    pub(super) async fn lock_sources(&self, keys: &dyn AnyKeys, scope: &mut WriteScope<'_>) -> Result<()> {
        let links = self.links(scope.handle().db().backend());
        if keys.len() == 0 || self.are_unique(scope.handle()).await? {
            return Ok(());
        }
        scope.open_if(true).await?;
        let (is_reverse, on) = (self.is_reverse(), scope.handle());
        let meta = if is_reverse { self.model } else { self.instance.meta() };
        let parts = if is_reverse || links.symmetrical { chunks(keys.len()).map(Some).collect() } else { vec![None] };
        for part in parts {
            let others = part.as_ref().map_or(0, padded);
            let values = others + usize::from(!is_reverse);
            let rows = Among::by_key(meta, links.backend, values);
            let Some(statement) = rows.lock_rows() else { break };
            let mut args = Args::new(links.backend, values * rows.columns.len());
            if !is_reverse {
                self.bind_owner(&mut args)?;
            }
            if let Some(part) = part {
                bind_padded(keys, &part, &mut args)?;
            }
            on.each(&statement, args, self.doing("SELECT"), |_| Ok(())).await?;
        }
        Ok(())
    }

    /// Inserts the missing links. If `made` is given, the keys of the inserted links are added to it, in
    /// order.
    pub(super) async fn insert(
        &self,
        keys: &dyn AnyKeys,
        fill: &LinkDefaults,
        mut made: Option<&mut dyn AnyKeys>,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let links = self.links(scope.handle().db().backend());
        self.refuse_mixed(links, keys)?;
        let are_unique = self.are_unique(scope.handle()).await?;
        let new = self.new_links(links, keys, are_unique, scope).await?;
        let columns = fill.columns(links, self.through);
        let at_once = AT_ONCE.min(links.backend.capabilities().most_values / columns.len()).max(1);
        let insertion = Insertion { side: self, links, keys, columns, fill, at_once, are_unique };
        scope.open_if(new.len() > at_once).await?;
        for new in new.chunks(at_once) {
            match &mut made {
                Some(made) => insertion.run_collecting(new, &mut **made, scope).await?,
                None => insertion.run(new, scope).await?,
            }
        }
        if let Some(made) = made {
            made.arrange();
        }
        Ok(())
    }

    /// Fails if a column holds a part of both keys, and two keys to link differ in it.
    fn refuse_mixed(&self, links: Links, keys: &dyn AnyKeys) -> Result<()> {
        let owner = self.instance.pk();
        for (column, own, other) in links.shared() {
            let part = owner.as_ref().and_then(|key| part_of(key, own));
            let differs = |key: &Key<'_>| part_of(key, other) != part;
            if let Some(key) = (0..keys.len()).filter_map(|place| keys.key(place)).find(differs) {
                let (through, owner) = (links.through, owner.map(|key| key.to_string()).unwrap_or_default());
                let field = through.columns()[column].field;
                let problem = format!("`{field}` is a part of both keys, and {owner} and {key} differ in it");
                return Err(Error::ThroughFields { through: through.name(), problem });
            }
        }
        Ok(())
    }

    /// Returns the links to insert, including those that the database skips by itself.
    ///
    /// All tasks insert rows in the same order, so two tasks that add the same links do not wait for each
    /// other in a circle.
    async fn new_links(
        &self,
        links: Links,
        keys: &dyn AnyKeys,
        are_unique: bool,
        scope: &mut WriteScope<'_>,
    ) -> Result<Vec<NewLink>> {
        let own = self.instance.pk();
        let there = (0..keys.len()).map(|key| NewLink { key, back: false });
        let back = (0..keys.len()).map(|key| NewLink { key, back: true });
        let back = back.filter(|new| links.symmetrical && keys.key(new.key) != own);
        if are_unique || keys.len() == 0 {
            let mut new: Vec<_> = there.chain(back).collect();
            if links.symmetrical {
                let ends = |new: &NewLink| {
                    if new.back { (keys.key(new.key), own.clone()) } else { (own.clone(), keys.key(new.key)) }
                };
                new.sort_by_cached_key(ends);
            }
            return Ok(new);
        }
        scope.open_if(true).await?;
        // The caller's transaction may have fixed its snapshot before the sources were locked.
        let find = if scope.is_outermost() { Links::existing } else { Links::existing_now };
        let linked = self.linked_among(links, keys, find, scope.handle()).await?;
        let linked = keys_of(&*linked);
        let mut new: Vec<_> = there.filter(|new| !linked.contains(&keys.key(new.key))).collect();
        if links.symmetrical {
            let linked = self.linked_among(links.reversed(), keys, find, scope.handle()).await?;
            let linked = keys_of(&*linked);
            new.extend(back.filter(|new| !linked.contains(&keys.key(new.key))));
        }
        Ok(new)
    }
}

impl Insertion<'_> {
    /// Inserts the missing links, without finding out which these are.
    async fn run(&self, new: &[NewLink], scope: &mut WriteScope<'_>) -> Result<()> {
        if !self.are_unique {
            return self.run_all(new, scope).await;
        }
        let (statement, args) = self.statement(new, Links::insert_missing)?;
        match scope.handle().run(&statement, args, self.side.doing("INSERT")).await {
            // Only a plain INSERT names the violated key.
            Err(error) if self.links.is_other_key(&error) => self.run_each(new, &mut *self.keys.empty(), scope).await,
            outcome => outcome.map(drop),
        }
    }

    /// Inserts the missing links, and adds their keys to `made`.
    async fn run_collecting(&self, new: &[NewLink], made: &mut dyn AnyKeys, scope: &mut WriteScope<'_>) -> Result<()> {
        let are_unique = self.are_unique;
        if are_unique && self.links.backend.capabilities().inserts.returns_made_links {
            return self.run_returning(new, made, scope).await;
        }
        match self.run_all(new, scope).await {
            Ok(()) => {
                self.add_made(new, made);
                Ok(())
            }
            // Another task inserted one of the links, or another unique key is taken.
            Err(error) if are_unique && error.is_unique_violation() => self.run_each(new, made, scope).await,
            Err(error) => Err(error),
        }
    }

    /// Inserts all links. If links are unique, an existing link is an error.
    async fn run_all(&self, new: &[NewLink], scope: &WriteScope<'_>) -> Result<()> {
        let (statement, args) = self.statement(new, Links::insert)?;
        scope.handle().run(&statement, args, self.side.doing("INSERT")).await.map(drop)
    }

    async fn run_returning(&self, new: &[NewLink], made: &mut dyn AnyKeys, scope: &WriteScope<'_>) -> Result<()> {
        let Links { through, own, other, symmetrical, .. } = self.links;
        let (statement, args) = self.statement(new, Links::insert_missing_returning)?;
        let (doing, on) = (self.side.doing("INSERT"), scope.handle());
        if !symmetrical {
            return on.write_each(&statement, args, doing, |row| made.read(row, through, other)).await;
        }
        let (mut from, mut to) = (made.empty(), made.empty());
        let both = on.write_each(&statement, args, doing, |row| {
            from.read(row, through, own).and_then(|()| to.read(row, through, other))
        });
        both.await?;
        let owner = self.side.instance.pk();
        (0..from.len()).filter(|place| from.key(*place) == owner).for_each(|place| made.add_from(&*to, place));
        Ok(())
    }

    /// Inserts the links one by one, and skips those that already exist.
    async fn run_each(&self, new: &[NewLink], made: &mut dyn AnyKeys, scope: &mut WriteScope<'_>) -> Result<()> {
        scope.open_if(true).await?;
        for new in new.iter().map(slice::from_ref) {
            match self.run_all(new, scope).await {
                Ok(()) => self.add_made(new, made),
                Err(error) => self.refuse_unless_linked(new[0], error, scope.handle()).await?,
            }
        }
        Ok(())
    }

    fn add_made(&self, new: &[NewLink], made: &mut dyn AnyKeys) {
        new.iter().filter(|new| !new.back).for_each(|new| made.add_from(self.keys, new.key));
    }

    /// Returns the error of a link that could not be inserted, unless the link already exists.
    async fn refuse_unless_linked(&self, new: NewLink, error: Error, on: Handle<'_>) -> Result<()> {
        if !error.is_unique_violation() {
            return Err(error);
        }
        let links = if new.back { self.links.reversed() } else { self.links };
        let mut args = Args::new(links.backend, links.own.len() + links.other.len());
        self.side.bind_owner(&mut args)?;
        self.keys.bind(new.key..new.key + 1, &mut args)?;
        let doing = self.side.doing("SELECT");
        let found = on.first(&links.existing_to_keep(1), args, doing, |_| Ok(())).await?;
        found.ok_or(error)
    }

    fn statement(
        &self,
        new: &[NewLink],
        text: impl FnOnce(&Links, &[usize], usize) -> String,
    ) -> Result<(Statement, Args)> {
        let Self { side, links, columns, fill, at_once, .. } = self;
        let mut args = Args::new(links.backend, columns.len() * new.len());
        for new in new {
            self.bind_pair(*new, &mut args)?;
            fill.bind(side.through, &mut args)?;
        }
        let statement = statement_of(text(links, columns, new.len()), new.len(), *at_once);
        let types = iter::once_with(|| select_all(links.through, links.backend));
        Ok((statement.with_types_of(types), args))
    }

    /// Binds the columns of [`Links::pair`]: both keys, without the columns that the second one shares with the first.
    fn bind_pair(&self, NewLink { key, back }: NewLink, args: &mut Args) -> Result<()> {
        let (side, Links { own, other, .. }) = (self.side, self.links);
        if self.links.shared().next().is_none() {
            if back {
                self.keys.bind(key..key + 1, args)?;
                return side.bind_owner(args);
            }
            side.bind_owner(args)?;
            return self.keys.bind(key..key + 1, args);
        }
        let values = self.keys.values(key);
        let (first, second) = if back { (&values, &side.owner) } else { (&side.owner, &values) };
        let rest = other.iter().zip(second).filter(|(column, _)| !own.contains(column)).map(|(_, value)| value);
        first.iter().chain(rest).try_for_each(|value| value.bind_compared(args))
    }
}

/// Returns a part of a key. The only part of a key of one column is the key itself.
fn part_of<'a, 'k>(key: &'a Key<'k>, place: usize) -> Option<&'a Key<'k>> {
    match key {
        Key::Composite(parts) => parts.get(place),
        key => Some(key),
    }
}

fn keys_of(keys: &dyn AnyKeys) -> HashSet<Option<Key<'_>>> {
    (0..keys.len()).map(|place| keys.key(place)).collect()
}

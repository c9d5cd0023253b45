//! The rows that instances conflict with. They are found by the conflict columns, and locked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::iter;

use super::conflict_key::{ConflictKey, twice};
use super::failure::Failure;
use super::plan::Plan;
use crate::backend::{Args, Row};
use crate::db::{Doing, Handle, Statement};
use crate::error::Result;
use crate::model::{AnyModel as _, Key};
use crate::query::ComputedColumns;
use crate::sql::Among;
use crate::store::Model;
use crate::store::bound_key::add_key;
use crate::store::write_scope::WriteScope;

/// The largest number of keys of one SELECT.
const MOST_KEYS: usize = 1000;

/// A row that is there.
pub(super) struct Stored<M> {
    pub(super) row: M,
    /// The row once more, for receivers.
    pub(super) previous: Option<M>,
}

/// The search for the rows of one attempt.
pub(super) struct Search<'a, M> {
    pub(super) rows: &'a [M],
    pub(super) keys: &'a [Option<ConflictKey>],
    pub(super) plan: &'a Plan<M>,
    /// Whether each row is needed twice.
    pub(super) twice: bool,
    /// Whether an attempt has failed before.
    pub(super) is_repeated: bool,
}

/// The row of each instance, in their order.
pub(super) type Found<M> = Vec<Option<Stored<M>>>;

impl<M: Model> Search<'_, M> {
    /// Finds the rows. If they will be updated, locks them in the order of their primary keys, as other calls do, and
    /// computes the expressions. If they will be kept, and an old snapshot may still show a row that others have deleted,
    /// prevents their removal.
    ///
    /// A locking read of a missing value may lock the gap in which others insert, so rows are found by a plain read
    /// first if the database locks gaps. They are also if there are several chunks, since the order of the primary
    /// keys is not known before.
    pub(super) async fn run(&self, scope: &WriteScope<'_>) -> Result<Found<M>, Failure> {
        let locks = &scope.handle().db().backend().capabilities().locks;
        // A transaction of the caller may have read before, and a plain read then sees the same snapshot again.
        let may_be_old = locks.reads_snapshot && !scope.is_outermost();
        let is_updated = self.plan.updates();
        let is_locking = self.is_repeated && may_be_old
            || is_updated && (!locks.are_taken() || !locks.gaps && self.rows.len() <= self.size());
        let found = self.read(is_locking, scope).await?;
        if !is_locking && (is_updated || may_be_old) { self.lock(found, scope).await } else { Ok(found) }
    }

    /// Finds the rows, and locks none.
    pub(super) async fn run_plainly(&self, scope: &WriteScope<'_>) -> Result<Found<M>> {
        self.read(false, scope).await
    }

    /// Returns the number of keys of one SELECT.
    fn size(&self) -> usize {
        self.plan.size.min(MOST_KEYS)
    }

    async fn read(&self, is_locking: bool, scope: &WriteScope<'_>) -> Result<Found<M>> {
        let mut places: Vec<usize> = (0..self.rows.len()).filter(|place| self.keys[*place].is_some()).collect();
        places.sort_by_key(|place| self.keys[*place].as_ref());
        let mut found: Found<M> = iter::repeat_with(|| None).take(self.rows.len()).collect();
        for places in places.chunks(self.size()) {
            self.read_chunk(places, is_locking, &mut found, scope).await?;
        }
        for place in self.similar(&found) {
            let (on, (statement, args)) = (scope.handle(), self.select(&[place], is_locking, scope.handle())?);
            found[place] = on.first(&statement, args, doing::<M>(), |row| self.load(row, is_locking)).await?;
        }
        self.refuse_twice(&found)?;
        Ok(found)
    }

    /// Returns the places without a row whose key differs from another one only in case or spaces. The database may
    /// compare both as equal, and the row has the spelling of the other one.
    fn similar(&self, found: &Found<M>) -> Vec<usize> {
        let is_without = |place: &usize| found[*place].is_none() && self.keys[*place].is_some();
        if self.rows.len() == 1 || found.iter().all(Option::is_none) {
            return Vec::new();
        }
        let without: Vec<usize> = (0..found.len()).filter(is_without).collect();
        if without.is_empty() {
            return without;
        }
        let folded: Vec<_> = self.keys.iter().map(|key| key.as_ref().and_then(ConflictKey::folded)).collect();
        let mut counts: HashMap<&ConflictKey, usize> = HashMap::with_capacity(folded.len());
        folded.iter().flatten().for_each(|key| *counts.entry(key).or_default() += 1);
        let is_similar = |place: &usize| folded[*place].as_ref().is_some_and(|key| counts.get(key) > Some(&1));
        without.into_iter().filter(is_similar).collect()
    }

    /// Reads the rows with the keys at these places.
    async fn read_chunk(
        &self,
        places: &[usize],
        is_locking: bool,
        found: &mut Found<M>,
        scope: &WriteScope<'_>,
    ) -> Result<()> {
        let on = scope.handle();
        let backend = on.db().backend();
        let by_key: HashMap<&ConflictKey, usize> =
            places.iter().filter_map(|place| Some((self.keys[*place].as_ref()?, *place))).collect();
        let mut others = 0;
        let mut failed = None;
        let (statement, args) = self.select(places, is_locking, on)?;
        let read = |row: &Row<'_>| {
            let mut stored = Stored::load(row, self.twice)?;
            let key = ConflictKey::of(&stored.row, self.plan.conflict, backend);
            if is_locking {
                self.plan.computed.assign(row, &mut stored.row)?;
            }
            match key {
                Ok(key) => match key.and_then(|key| by_key.get(&key)) {
                    Some(place) => found[*place] = Some(stored),
                    None => others += 1,
                },
                Err(error) => failed = Some(error),
            }
            Ok(())
        };
        on.each(&statement, args, doing::<M>(), read).await?;
        if let Some(error) = failed {
            return Err(error);
        }
        if others > 0 {
            // These rows spell their keys differently from the instances.
            for place in places {
                if found[*place].is_none() {
                    let (statement, args) = self.select(&[*place], is_locking, on)?;
                    found[*place] = on.first(&statement, args, doing::<M>(), |row| self.load(row, is_locking)).await?;
                }
            }
        }
        Ok(())
    }

    fn select(&self, places: &[usize], is_locking: bool, on: Handle<'_>) -> Result<(Statement, Args)> {
        let (meta, backend, columns) = (M::meta(), on.db().backend(), self.plan.conflict);
        let among = Among { meta, backend, columns, keys: places.len() };
        let (statement, mut args) = if is_locking {
            self.plan.select_to_write(among)?
        } else {
            (among.select_rows(), Args::new(backend, places.len() * columns.len()))
        };
        for place in places {
            for column in columns {
                let described = &meta.columns()[*column];
                if let Some(value) = self.rows[*place].field(*column) {
                    let bound = described.bind_sought(value, &mut args);
                    bound.map_err(|error| error.of_field(meta.name(), described.field))?;
                }
            }
        }
        Ok((statement, args))
    }

    /// Loads a row. If it is locked, puts the results of the expressions into it.
    fn load(&self, row: &Row<'_>, is_locking: bool) -> Result<Stored<M>, sqlx::Error> {
        let mut stored = Stored::load(row, self.twice)?;
        if is_locking {
            self.plan.computed.assign(row, &mut stored.row)?;
        }
        Ok(stored)
    }

    /// Fails if two instances conflict with the same row: the database compares their keys as equal.
    fn refuse_twice(&self, found: &Found<M>) -> Result<()> {
        let mut places: HashMap<Key<'_>, usize> = HashMap::with_capacity(found.len());
        for (place, stored) in found.iter().enumerate() {
            let Some(key) = stored.as_ref().and_then(|stored| stored.row.pk()) else { continue };
            match places.entry(key) {
                Entry::Occupied(first) => return Err(twice::<M>(self.plan.conflict, *first.get(), place)),
                Entry::Vacant(free) => {
                    free.insert(place);
                }
            }
        }
        Ok(())
    }

    /// Locks the rows that were found, and reads them again.
    async fn lock(&self, found: Found<M>, scope: &WriteScope<'_>) -> Result<Found<M>, Failure> {
        let backend = scope.handle().db().backend();
        let mut there: Vec<(usize, &M)> =
            found.iter().enumerate().filter_map(|(place, stored)| Some((place, &stored.as_ref()?.row))).collect();
        there.sort_by(|(_, one), (_, other)| one.pk().cmp(&other.pk()));
        let mut locked: Found<M> = iter::repeat_with(|| None).take(found.len()).collect();
        for part in there.chunks(self.size()) {
            let rows: Vec<&M> = part.iter().map(|(_, row)| *row).collect();
            let read = self.plan.read_to_write(&rows, self.twice, scope.handle()).await?;
            for ((place, row), now) in iter::zip(part, read) {
                let (stored, key) = now.ok_or(Failure::Lost(None))?;
                if key != ConflictKey::of(*row, self.plan.conflict, backend)? {
                    // Others changed its key meanwhile. A row that is not there was deleted.
                    return Err(Failure::Lost(None));
                }
                locked[*place] = Some(stored);
            }
        }
        Ok(locked)
    }
}

impl<M: Model> Stored<M> {
    fn load(row: &Row<'_>, twice: bool) -> Result<Self, sqlx::Error> {
        let loaded = M::load(row)?;
        // A copy is cheaper than loading the row again, but not every model is `Clone`.
        let previous = if twice { Some(loaded.duplicate().map_or_else(|| M::load(row), Ok)?) } else { None };
        Ok(Self { row: loaded, previous })
    }
}

impl<M: Model> Plan<M> {
    /// Returns a locking SELECT of rows, and its values: of rows that are about to be updated, with the expressions, or of
    /// rows to keep.
    fn select_to_write(&self, among: Among) -> Result<(Statement, Args)> {
        if self.computed.is_empty() {
            let args = Args::new(among.backend, among.keys * among.columns.len());
            let select = if self.updates() { among.select_rows_to_write() } else { among.select_rows_to_keep() };
            return Ok((select, args));
        }
        let ComputedColumns { sql, values, args } = self.computed.selected::<M>(among.backend)?;
        Ok((among.select_rows_computing(&sql, values), args))
    }

    /// Locks these rows in the order of their primary keys, and reads them, each with its conflict key. The results of
    /// the expressions are then in the rows.
    pub(super) async fn read_to_write(
        &self,
        rows: &[&M],
        twice: bool,
        on: Handle<'_>,
    ) -> Result<Vec<Option<(Stored<M>, Option<ConflictKey>)>>> {
        let (meta, backend) = (M::meta(), on.db().backend());
        let (statement, mut args) = self.select_to_write(Among::by_key(meta, backend, rows.len()))?;
        rows.iter().try_for_each(|row| add_key(*row, &mut args))?;
        let by_key: HashMap<Key<'_>, usize> =
            rows.iter().enumerate().filter_map(|(place, row)| Some((row.pk()?, place))).collect();
        let mut found: Vec<_> = iter::repeat_with(|| None).take(rows.len()).collect();
        let mut failed = None;
        let read = |row: &Row<'_>| {
            let mut stored: Stored<M> = Stored::load(row, twice)?;
            let place = stored.row.pk().and_then(|key| by_key.get(&key).copied());
            let key = ConflictKey::of(&stored.row, self.conflict, backend);
            self.computed.assign(row, &mut stored.row)?;
            match (place, key) {
                (Some(place), Ok(key)) => found[place] = Some((stored, key)),
                (_, Err(error)) => failed = Some(error),
                (None, _) => {}
            }
            Ok(())
        };
        on.each(&statement, args, doing::<M>(), read).await?;
        failed.map_or(Ok(found), Err)
    }
}

fn doing<M: Model>() -> Doing {
    Doing { verb: "SELECT", model: M::meta().name() }
}

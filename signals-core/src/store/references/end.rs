//! The two ends of a reference, and how they are found in instances.

use std::fmt;
use std::ops::Range;

use super::keyed::{Lookup, Owners, Part};
use crate::backend::{Backend, Row};
use crate::db::{Doing, Handle};
use crate::error::{Error, Result};
use crate::model::{Entity, Key, ModelKey, ModelMeta};
use crate::query::{BoundValue, Built, ColumnRef, Node, Refusal, Select};
use crate::store::Objects;
use crate::store::key_errors::key_missing;
use crate::store::keys;
use crate::store::objects::built;

/// The columns of a model that a reference has, or references.
#[doc(hidden)]
pub struct End<M> {
    columns: Columns,
    lookup: fn(&M, &[usize], &mut Lookup),
    read: fn(&Row<'_>, &[usize], &mut Lookup) -> Result<(), sqlx::Error>,
    values: fn(&M, &[usize], &mut Vec<BoundValue>),
}

#[derive(Debug, Clone, Copy)]
enum Columns {
    Key,
    One(usize),
    These(&'static [usize]),
}

impl<M: Entity> End<M> {
    /// Returns the primary key of the model.
    pub const fn key() -> Self {
        Self::of::<M::Key>(Columns::Key)
    }

    /// Returns a column of type `V`.
    pub const fn column<V: ModelKey>(index: usize) -> Self {
        Self::of::<V>(Columns::One(index))
    }

    /// Returns columns of type `V`: a tuple of several types, or one type.
    pub const fn columns<V: ModelKey>(indexes: &'static [usize]) -> Self {
        Self::of::<V>(Columns::These(indexes))
    }

    const fn of<V: ModelKey>(columns: Columns) -> Self {
        Self { columns, lookup: lookup::<M, V>, read: read::<M, V>, values: values::<M, V> }
    }

    fn indexes(&self) -> &'static [usize] {
        match self.columns {
            Columns::Key => M::meta().primary_key_columns(),
            Columns::One(index) => ModelMeta::only(index),
            Columns::These(indexes) => indexes,
        }
    }

    pub(super) fn places(&self) -> Vec<ColumnRef> {
        self.indexes().iter().map(|index| ColumnRef::of(M::meta(), *index)).collect()
    }

    /// Returns the key by which an instance is found, unless it is NULL.
    #[inline]
    pub(in crate::store) fn lookup(&self, row: &M, backend: Backend) -> Option<Key<'static>> {
        let mut key = Lookup::new(backend);
        (self.lookup)(row, self.indexes(), &mut key);
        key.key()
    }

    /// Reads only the key by which an instance is found from its row.
    pub(super) fn read(&self, row: &Row<'_>, backend: Backend) -> Result<Option<Key<'static>>, sqlx::Error> {
        let mut key = Lookup::new(backend);
        (self.read)(row, self.indexes(), &mut key)?;
        Ok(key.key())
    }

    /// Returns the values of the key.
    pub(in crate::store) fn values(&self, row: &M) -> Vec<BoundValue> {
        let mut values = Vec::new();
        (self.values)(row, self.indexes(), &mut values);
        values
    }

    /// Returns whether the instance is not saved, so that nothing can reference it.
    fn is_unset(&self, row: &M) -> bool {
        matches!(self.columns, Columns::Key) && M::Key::key_of(row.key_ref()).is_none()
    }

    /// Returns the keys of these instances.
    pub(in crate::store) fn owners<'r>(
        &self,
        rows: impl IntoIterator<Item = &'r M>,
        backend: Backend,
    ) -> Result<Owners> {
        let mut owners = Owners::default();
        for row in rows {
            if self.is_unset(row) {
                return Err(unset::<M>());
            }
            let mut key = Lookup::new(backend);
            (self.lookup)(row, self.indexes(), &mut key);
            owners.add(key, |values| (self.values)(row, self.indexes(), values));
        }
        Ok(owners)
    }
}

/// Returns the error of an instance without a key.
fn unset<M: Entity>() -> Error {
    key_missing(M::meta().name(), "follow a relation of", "save it first")
}

fn borrowed<'a, M: Entity, V: ModelKey>(row: &'a M, columns: &[usize]) -> Option<V::Ref<'a>> {
    V::from_fields(&|part| row.field(*columns.get(part)?))
}

fn lookup<M: Entity, V: ModelKey>(row: &M, columns: &[usize], key: &mut Lookup) {
    if let Some(borrowed) = borrowed::<M, V>(row, columns) {
        V::visit(borrowed, key);
    }
}

fn read<M: Entity, V: ModelKey>(row: &Row<'_>, columns: &[usize], key: &mut Lookup) -> Result<(), sqlx::Error> {
    V::visit(V::read(row, &|part| M::meta().key_column(columns, part))?.borrowed(), key);
    Ok(())
}

fn values<M: Entity, V: ModelKey>(row: &M, columns: &[usize], values: &mut Vec<BoundValue>) {
    values.extend(borrowed::<M, V>(row, columns).map(keys::values::<V>).unwrap_or_default());
}

impl<M> fmt::Debug for End<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("End").field(&self.columns).finish()
    }
}

impl<M> Clone for End<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for End<M> {}

/// The ends of a reference, in the direction in which it is followed: from rows of `A` to rows of `B`.
#[doc(hidden)]
pub struct Ends<A, B> {
    pub(super) from: End<A>,
    pub(super) to: End<B>,
}

impl<A: Entity, B: Entity> Ends<A, B> {
    /// Joins two ends.
    pub const fn new(from: End<A>, to: End<B>) -> Self {
        Self { from, to }
    }

    /// Returns the rows of `B` that this row leads to.
    pub(super) fn of(&self, row: &A) -> Objects<B> {
        let rows = Select::of(B::meta());
        if self.from.is_unset(row) {
            return Objects::of(rows.filter(Node::Refused(Refusal::new(unset::<A>()))));
        }
        let tests = self.to.places().into_iter().zip(self.from.values(row));
        Objects::of(tests.fold(rows, |rows, (place, value)| rows.filter(Node::references(place, value))))
    }

    /// Reads the rows of `B` that these keys lead to. Calls `each` for every row, with the positions of the keys of its
    /// statement.
    pub(super) async fn read(
        &self,
        objects: &Objects<B>,
        owners: &Owners,
        on: Handle<'_>,
        mut each: impl FnMut(&Range<usize>, B) + Send,
    ) -> Result<()> {
        objects.select.refuse_slice("loaded for several others", SLICED)?;
        let places = self.to.places();
        for Part { slots, filter } in owners.parts(&places, on.db().backend()) {
            let Built { statement, args } = built(&objects.select.clone().filter(filter), on, Select::rows)?;
            let doing = Doing { verb: "SELECT", model: B::meta().name() };
            on.each(&statement, args, doing, |row| {
                each(&slots, B::load(row)?);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}

/// The advice in place of a limit or an offset.
pub(in crate::store) const SLICED: &str =
    "it would count the rows of all together; read those of one by `of`, or use a window function in plain sqlx";

impl<A, B> Clone for Ends<A, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, B> Copy for Ends<A, B> {}

impl<A: Entity, B: Entity> fmt::Debug for Ends<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |meta: &ModelMeta, columns: &[usize]| {
            columns.iter().map(|index| meta.columns()[*index].field).collect::<Vec<_>>().join(", ")
        };
        let (from, to) = (A::meta(), B::meta());
        let (own, other) = (fields(from, self.from.indexes()), fields(to, self.to.indexes()));
        write!(f, "({} by {own} to {} by {other})", from.name(), to.name())
    }
}

//! Many-to-many relations of many instances at once.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::ManyToMany;
use super::relation_path::RelationPath;
use crate::db::{Doing, IntoHandle};
use crate::error::Result;
use crate::model::{Entity, ModelKey};
use crate::query::{Built, ColumnRef, Linked, OWNER, Select};
use crate::sql::Links;
use crate::store::keys::values;
use crate::store::objects::built;
use crate::store::references::{Assigning, End, Ends, LoadedMany, Lookup, Part, SLICED};
use crate::store::{Model, Objects};

/// The rows of `B` that a row of `A` is linked to by rows of `T`, such as `Pizza::TOPPINGS`.
///
/// `#[model(many_to_many(..))]` generates the constant beside the method `pizza.toppings()`, which changes the links.
/// It reads nothing by itself.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// #[model(many_to_many(toppings: Topping, related = pizzas))]
/// struct Pizza {
///     id: i64,
/// }
///
/// #[derive(Debug, Model)]
/// struct Topping {
///     id: i64,
///     name: String,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let pizza = Pizza { id: 0 }.create(&db).await?;
///     for name in ["Basil", "Olives"] {
///         pizza.toppings().create(&db, &mut Topping { id: 0, name: name.into() }).await?;
///     }
///
///     let pizzas = Pizza::objects().all(&db).await?;
///     let toppings = Pizza::TOPPINGS.load(&db, &pizzas).await?;
///     assert_eq!(toppings.of(&pizza).len(), 2);
///     let pizzas = Topping::PIZZAS.load(&db, toppings.rows()).await?;
///     assert_eq!(pizzas.of(&toppings.rows()[0])[0].id, pizza.id);
///     Ok(())
/// }
/// ```
pub struct ToManyThrough<A, T, B> {
    path: RelationPath,
    models: PhantomData<Models<A, T, B>>,
}

/// Models that are named without a value of them.
type Models<A, T, B> = fn() -> (A, T, B);

impl<A, T, B> ToManyThrough<A, T, B> {
    /// Makes it of the columns of the through model.
    #[doc(hidden)]
    pub const fn new(path: RelationPath) -> Self {
        Self { path, models: PhantomData }
    }
}

impl<A: Model, T: Model, B: Model> ToManyThrough<A, T, B> {
    /// Returns the rows that this one is linked to, as a query set. It is that of
    /// [`ManyToMany::objects`](super::ManyToMany::objects).
    pub fn of(&self, row: &A) -> Objects<B> {
        ManyToMany::<T, B>::new(row, self.path).objects()
    }

    /// Reads the rows that these are linked to, those of each row in the order of their keys.
    ///
    /// A row of `B` that several rows are linked to is read once for each of them. See
    /// [`ToMany::load`](crate::store::ToMany::load) for the statements and for keys of text.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`](crate::error::Error::KeyMissing) if one of the rows is not saved,
    /// [`Error::ThroughFields`](crate::error::Error::ThroughFields) if it is not clear which fields of the through
    /// model are meant. For other errors, see [`Objects::all`].
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    ///
    /// # Transactions
    ///
    /// See [`ToMany::load`](crate::store::ToMany::load).
    pub fn load<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
    ) -> BoxFuture<'a, Result<LoadedMany<A, B>>> {
        self.load_from(on, rows, B::objects())
    }

    /// Reads those of a query set that these rows are linked to, in the order of the set.
    ///
    /// # Errors
    ///
    /// See [`load`](Self::load). [`Error::QueryOptions`](crate::error::Error::QueryOptions) also for a query set with a
    /// limit or an offset: it would count the rows of all together.
    ///
    /// # Cancel safety
    ///
    /// See [`load`](Self::load).
    ///
    /// # Transactions
    ///
    /// See [`load`](Self::load).
    pub fn load_from<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
        objects: Objects<B>,
    ) -> BoxFuture<'a, Result<LoadedMany<A, B>>> {
        let on = on.into_handle();
        let (path, backend, from) = (self.path, on.db().backend(), End::key());
        let owners = from.owners(rows, backend);
        Box::pin(async move {
            let owners = owners?;
            let (own, other) = path.places(T::meta(), A::meta(), B::meta())?;
            objects.select.refuse_slice("loaded for several others", SLICED)?;
            let columns: Vec<_> = ColumnRef::all_of(T::meta(), own).collect();
            let (own_key, mut rows) = (End::<B>::key(), Assigning::new(&owners));
            for Part { slots, filter } in owners.parts(&columns, backend) {
                let links = Linked { through: T::meta(), own, other, model: B::meta(), filter };
                let select = objects.select.clone().or_by_key();
                let Built { statement, args } =
                    built(&select, on, |select, backend| select.rows_linked(backend, links))?;
                let doing = Doing { verb: "SELECT", model: B::meta().name() };
                on.each(&statement, args, doing, |row| {
                    let (owner, mut key) = (A::Key::read(row, &|part| OWNER.get(part).copied())?, Lookup::new(backend));
                    A::Key::visit(owner.borrowed(), &mut key);
                    // The columns of a link find it.
                    let link = |row: &B| [values::<A::Key>(owner.borrowed()), own_key.values(row)].concat();
                    rows.add(&slots, key.key(), B::load(row)?, link);
                    Ok(())
                })
                .await?;
            }
            // The links have the keys.
            let ends = Ends::new(from, End::<T>::columns::<A::Key>(own));
            let columns: Vec<_> = columns.into_iter().chain(ColumnRef::all_of(T::meta(), other)).collect();
            let all = Select::of(T::meta()).locked_as(&objects.select);
            let equal = ends.equal_to_read(rows.take_respelled(), &all, &columns, &owners, on).await?;
            let mut assigned = rows.with_equal(&equal);
            let links = Links { through: T::meta(), backend, own, other, symmetrical: path.is_symmetrical() };
            if !links.are_declared_unique() && !links.are_keys() || !equal.is_empty() {
                // Without a unique key, the same link may be there twice. So may one whose keys equal each other.
                let mut seen = HashSet::new();
                assigned.retain(|slot, row| seen.insert((slot, own_key.lookup(row, backend))));
            }
            Ok(LoadedMany::new(from, backend, owners, assigned, &equal))
        })
    }
}

impl<A, T, B> Clone for ToManyThrough<A, T, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, T, B> Copy for ToManyThrough<A, T, B> {}

impl<A: Entity, T: Entity, B: Entity> fmt::Debug for ToManyThrough<A, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToManyThrough({} to {} through {})", A::meta().name(), B::meta().name(), T::meta().name())
    }
}

//! Upserts: writes of rows that may exist, by a unique key.

use std::fmt;
use std::marker::PhantomData;
use std::slice;

use super::bulk::{BulkCreate, BulkOptions};
use super::options::option_method;
use super::save::Save;
use crate::db::Handle;
use crate::model::{ColumnOf, Entity, FieldSet};
use crate::query::Assignment;

/// What an upsert did with a row: see [`Upsert::report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upserted {
    /// There was no row, and the call inserted it.
    Inserted,
    /// There was a row, and the call wrote the columns of the update.
    Updated,
    /// There was a row, and the call left it as it was.
    Kept,
}

/// An upsert whose conflict columns are set: call [`update`](Self::update), [`update_with`](Self::update_with) or
/// [`ignore`](Self::ignore) next.
///
/// [`Save::on_conflict`] and [`BulkCreate::on_conflict`] return it.
#[must_use = "an upsert does nothing until `update` or `ignore` is called and it is awaited"]
pub struct OnConflict<'a, M, R> {
    call: UpsertCall<'a, M>,
    report: PhantomData<fn() -> R>,
}

/// An upsert that is about to happen: `.await` it, or set options first.
///
/// The row is looked for by the conflict columns. If there is one, the columns of the update are written to it.
/// If there is none, the instance is inserted. Afterwards each instance is its row: its key, the columns that were
/// not written, and those that the database fills.
///
/// `R` is the type of the [`report`](Self::report): [`Upserted`] for one instance, a list of it for several.
///
/// # Errors
///
/// After an error the database and the instances are as before. If the model is not `Clone`, only the keys and the
/// versions of the instances are restored. A single upsert on a `Db` that is one statement (see Transactions) stays if
/// only its answer is an error: if the row holds a value that the model cannot read. The errors are those of [`Model::save`](crate::store::Model::save), and:
///
/// - [`Error::SaveOptions`](crate::error::Error::SaveOptions), before any signal: the conflict columns are not a
///   unique key of the model, two instances have the same values in them, or options contradict each other;
/// - [`Error::UpsertContended`](crate::error::Error::UpsertContended) if others inserted or deleted the rows during
///   each of three attempts;
/// - a [unique violation](crate::error::Error::is_unique_violation) if a row conflicts with another unique key.
///
/// # Cancel safety
///
/// See [`Model::save`](crate::store::Model::save).
///
/// # Transactions
///
/// Opens a transaction (in a `Tx`, a savepoint), locks the rows that exist, inserts the others, and updates those that
/// exist. If others inserted one of the missing rows meanwhile, the transaction is undone and the call begins again, up
/// to three attempts; on a `Db` also after a deadlock before the last INSERT. `pre_save` of the missing rows is then sent
/// again. Without receivers and without a report, PostgreSQL and SQLite execute one statement with `ON CONFLICT`.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::model::Upserted;
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Clone, Model)]
/// struct User {
///     id: i64,
///     #[model(unique)]
///     email: String,
///     name: String,
///     visits: i32,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let user = |name: &str| User { id: 0, email: "ann@b.c".into(), name: name.into(), visits: 1 };
///
///     let (mut ann, mut anna) = (user("Ann"), user("Anna"));
///     ann.save(&db).on_conflict([User::EMAIL]).update([User::NAME]).await?;
///     let done = anna.save(&db).on_conflict([User::EMAIL]).update([User::NAME]).report().await?;
///     assert_eq!((done, anna.id), (Upserted::Updated, ann.id));
///
///     let mut users = [user("Annie"), User { email: "bob@b.c".into(), ..user("Bob") }];
///     let report = User::bulk_create(&db, &mut users).on_conflict([User::EMAIL]).ignore().report().await?;
///     assert_eq!(report, [Upserted::Kept, Upserted::Inserted]);
///     assert_eq!(users[0].name, "Anna");
///     Ok(())
/// }
/// ```
#[must_use = "an upsert does nothing until it is awaited"]
pub struct Upsert<'a, M, R> {
    pub(in crate::store) call: UpsertCall<'a, M>,
    report: PhantomData<fn() -> R>,
}

/// An upsert that returns what it did with each row: `.await` it, or set options first.
///
/// [`Upsert::report`] returns it.
#[must_use = "an upsert does nothing until it is awaited"]
pub struct UpsertReport<'a, M, R> {
    pub(in crate::store) call: UpsertCall<'a, M>,
    report: PhantomData<fn() -> R>,
}

/// The arguments of an upsert.
pub(in crate::store) struct UpsertCall<'a, M> {
    pub(in crate::store) instances: &'a mut [M],
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) conflict: FieldSet,
    pub(in crate::store) update: FieldSet,
    pub(in crate::store) assignments: Vec<Assignment<M>>,
    pub(in crate::store) options: BulkOptions,
    /// Whether an option of a save was set that an upsert cannot have.
    pub(in crate::store) is_forced: bool,
    /// Whether `ignore` was called.
    pub(in crate::store) ignores: bool,
}

impl<M: Entity> fmt::Debug for UpsertCall<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upsert")
            .field("model", &M::meta().name())
            .field("instances", &self.instances.len())
            .field("conflict", &self.conflict)
            .field("update", &self.update)
            .field("assignments", &self.assignments)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> Save<'a, M> {
    /// Updates the row with the same values in these columns, if there is one, and inserts the instance otherwise:
    /// see [`Upsert`].
    ///
    /// The columns are a unique key of the model: a column with `unique`, the columns of a `unique(..)`, or the
    /// primary key. One column is in brackets too: `on_conflict([User::EMAIL])`. An instance with NULL in one of them
    /// conflicts with no row, and is inserted.
    ///
    /// `force_insert`, `force_update` and `update_fields` cannot be combined with it.
    pub fn on_conflict<const N: usize>(self, columns: [&dyn ColumnOf<M>; N]) -> OnConflict<'a, M, Upserted> {
        let Self { instance, on, options } = self;
        OnConflict::new(UpsertCall {
            instances: slice::from_mut(instance),
            on,
            conflict: FieldSet::of::<M>(&columns),
            update: FieldSet::empty::<M>(),
            assignments: Vec::new(),
            options: BulkOptions { batch_size: None, raw: options.raw, quiet: options.quiet },
            is_forced: options.force_insert || options.force_update || options.fields.is_some(),
            ignores: false,
        })
    }
}

impl<'a, M: Entity> BulkCreate<'a, M> {
    /// Updates the rows with the same values in these columns, and inserts the other instances: see [`Upsert`].
    ///
    /// The columns are a unique key of the model: a column with `unique`, the columns of a `unique(..)`, or the
    /// primary key. One column is in brackets too: `on_conflict([User::EMAIL])`. An instance with NULL in one of them
    /// conflicts with no row, and is inserted.
    pub fn on_conflict<const N: usize>(self, columns: [&dyn ColumnOf<M>; N]) -> OnConflict<'a, M, Vec<Upserted>> {
        let Self { instances, on, options } = self;
        OnConflict::new(UpsertCall {
            instances,
            on,
            conflict: FieldSet::of::<M>(&columns),
            update: FieldSet::empty::<M>(),
            assignments: Vec::new(),
            options,
            is_forced: false,
            ignores: false,
        })
    }
}

impl<'a, M: Entity, R> OnConflict<'a, M, R> {
    fn new(call: UpsertCall<'a, M>) -> Self {
        Self { call, report: PhantomData }
    }

    fn chosen(self) -> Upsert<'a, M, R> {
        Upsert { call: self.call, report: PhantomData }
    }

    /// Writes these columns of the instance to a row that exists.
    ///
    /// `pre_save` gets them as `update_fields`. `auto_now` columns are written only if they are among them. An empty
    /// list leaves the row as it is, as [`ignore`](Self::ignore) does.
    pub fn update<const N: usize>(mut self, columns: [&dyn ColumnOf<M>; N]) -> Upsert<'a, M, R> {
        self.call.update = FieldSet::of::<M>(&columns);
        self.chosen()
    }

    /// Gives a row that exists these values: `update_with(User::ACTIVE.set(true))`, or a list of them.
    ///
    /// An [`Expression`](crate::query::Expression) is computed by the database from the row that exists, as it was
    /// before the upsert. Receivers get the result in the instance. A row that is inserted gets the fields of the
    /// instance.
    ///
    /// The errors of an expression are those of [`Objects::update`](crate::store::Objects::update), also before any
    /// signal.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct Product { id: i64, #[model(unique)] name: String, stock: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// for stock in [1, 2] {
    ///     let mut tea = Product { id: 0, name: "tea".into(), stock: 5 };
    ///     let upsert = tea.save(&db).on_conflict([Product::NAME]);
    ///     upsert.update_with(Product::STOCK.set(Product::STOCK + 1)).await?;
    ///     assert_eq!(tea.stock, 4 + stock);                       // 5 is inserted, then 1 is added
    /// }
    /// # Ok(()) }
    /// ```
    pub fn update_with(self, assignments: impl IntoIterator<Item = Assignment<M>>) -> Upsert<'a, M, R> {
        self.chosen().update_with(assignments)
    }

    /// Leaves a row that exists as it is. No signal is sent for it.
    ///
    /// It cannot be combined with `update_with`.
    pub fn ignore(mut self) -> Upsert<'a, M, R> {
        self.call.ignores = true;
        self.chosen()
    }
}

impl<'a, M: Entity, R> Upsert<'a, M, R> {
    /// Gives a row that exists these values too, beside the columns of the instance: see
    /// [`OnConflict::update_with`].
    pub fn update_with(mut self, assignments: impl IntoIterator<Item = Assignment<M>>) -> Self {
        self.call.assignments.extend(assignments);
        self
    }

    /// Returns what happened to each row, in the order of the instances: [`Upserted`] for one instance, a list of it
    /// for several.
    ///
    /// Without receivers it costs a transaction, because the statement with `ON CONFLICT` cannot tell.
    pub fn report(self) -> UpsertReport<'a, M, R> {
        UpsertReport { call: self.call, report: PhantomData }
    }

    option_method! { raw: call.options.raw }
    option_method! { quiet: call.options.quiet }
}

impl<M: Entity, R> UpsertReport<'_, M, R> {
    option_method! { raw: call.options.raw }
    option_method! { quiet: call.options.quiet }
}

impl<M: Entity> Upsert<'_, M, Vec<Upserted>> {
    option_method! { batch_size: call.options.batch_size }
}

impl<M: Entity> UpsertReport<'_, M, Vec<Upserted>> {
    option_method! { batch_size: call.options.batch_size }
}

macro_rules! debug {
    ($($call:ident),*) => {$(
        impl<M: Entity, R> fmt::Debug for $call<'_, M, R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.call.fmt(f)
            }
        }
    )*};
}

debug!(OnConflict, Upsert, UpsertReport);

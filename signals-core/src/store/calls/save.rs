//! Saves of one instance.

use std::fmt;

use super::options::option_method;
use crate::db::Handle;
use crate::model::{ColumnOf, Entity, FieldSet};

/// A save that is about to happen: `.await` it, or set options first.
///
/// [`Model::save`](crate::store::Model::save) returns it. The key and the options choose the statement:
///
/// | option | key | statement | if no row has the key |
/// |---|---|---|---|
/// | none | unset | INSERT | |
/// | none | set | UPDATE | INSERT |
/// | [`force_insert`](Self::force_insert) | any | INSERT | |
/// | [`force_update`](Self::force_update) | set | UPDATE | [`Error::NotUpdated`](crate::error::Error::NotUpdated) |
/// | [`update_fields`](Self::update_fields) | set | UPDATE of these columns | [`Error::NotUpdated`](crate::error::Error::NotUpdated) |
///
/// [`raw`](Self::raw) and [`quiet`](Self::quiet) can be combined with each of them. `force_insert` with
/// `force_update` or `update_fields` returns [`Error::SaveOptions`](crate::error::Error::SaveOptions).
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Error, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct User {
///     id: i64,
///     email: String,
///     age: i32,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///
///     let mut user = User { id: 7, email: "ann@b.c".into(), age: 7 };
///     assert!(matches!(user.save(&db).force_update().await, Err(Error::NotUpdated { .. })));
///     user.save(&db).force_insert().await?;
///     user.age = 8;
///     user.save(&db).update_fields([User::AGE]).await?; // leaves `email` as it is in the database
///     user.save(&db).quiet().await?; // sends no signals
///     Ok(())
/// }
/// ```
#[must_use = "a save does nothing until it is awaited"]
pub struct Save<'a, M> {
    pub(in crate::store) instance: &'a mut M,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: SaveOptions,
}

/// The options of a save.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent method of the builder")]
pub(in crate::store) struct SaveOptions {
    pub(in crate::store) fields: Option<FieldSet>,
    pub(in crate::store) force_insert: bool,
    pub(in crate::store) force_update: bool,
    pub(in crate::store) raw: bool,
    pub(in crate::store) quiet: bool,
}

impl<M: Entity> fmt::Debug for Save<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Save").field("model", &M::meta().name()).field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'a, M: Entity> Save<'a, M> {
    pub(in crate::store) fn new(instance: &'a mut M, on: Handle<'a>) -> Self {
        Self { instance, on, options: SaveOptions::default() }
    }

    /// Writes only these columns, with an UPDATE: `update_fields([User::EMAIL, User::AGE])`.
    ///
    /// An empty list does nothing and sends no signals. If a `pre_save` receiver changes other columns, these
    /// are written too. If no row has this key, the save fails with
    /// [`Error::NotUpdated`](crate::error::Error::NotUpdated).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let mut ann = User { id: 0, name: "Ann".into(), age: None, active: true }.create(&db).await?;
    /// ann.age = Some(30);
    /// ann.active = false;
    /// ann.save(&db).update_fields([User::AGE]).await?;
    /// let row = User::get(&db, ann.id).await?;
    /// assert_eq!((row.age, row.active), (Some(30), true));
    /// # Ok(()) }
    /// ```
    pub fn update_fields<const N: usize>(self, columns: [&dyn ColumnOf<M>; N]) -> Self {
        self.update_field_set(FieldSet::of::<M>(&columns))
    }

    /// Writes only the columns of a set, as [`update_fields`](Self::update_fields) does.
    pub fn update_field_set(mut self, fields: FieldSet) -> Self {
        self.options.fields = Some(fields);
        self
    }

    /// Executes an INSERT, even if the key is set. If a row already has the key, the save fails with a
    /// [unique violation](crate::error::Error::is_unique_violation).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let mut ann = User { id: 7, name: "Ann".into(), age: None, active: true };
    /// ann.save(&db).force_insert().await?;
    /// let error = ann.save(&db).force_insert().await.unwrap_err();
    /// assert!(error.is_unique_violation(), "{error}");
    /// # Ok(()) }
    /// ```
    pub fn force_insert(mut self) -> Self {
        self.options.force_insert = true;
        self
    }

    /// Executes only an UPDATE. If no row has this key, the save fails with
    /// [`Error::NotUpdated`](crate::error::Error::NotUpdated).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Error, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let mut ann = User { id: 7, name: "Ann".into(), age: None, active: true };
    /// assert!(matches!(ann.save(&db).force_update().await, Err(Error::NotUpdated { .. })));
    /// assert!(User::find(&db, 7).await?.is_none());
    /// # Ok(()) }
    /// ```
    pub fn force_update(mut self) -> Self {
        self.options.force_update = true;
        self
    }

    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }
}

/// An INSERT of a new row that is about to happen: `.await` it, or set options first. Returned by
/// [`Model::create`](crate::store::Model::create).
#[must_use = "nothing is created until it is awaited"]
pub struct Create<'a, M> {
    pub(in crate::store) instance: M,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: SaveOptions,
}

impl<M: Entity> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create")
            .field("model", &M::meta().name())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> Create<'a, M> {
    pub(in crate::store) fn new(instance: M, on: Handle<'a>) -> Self {
        Self { instance, on, options: SaveOptions { force_insert: true, ..SaveOptions::default() } }
    }

    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }
}

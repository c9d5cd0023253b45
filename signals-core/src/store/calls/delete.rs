//! Deletes of one instance, of many, and of a query set, and the number of rows they removed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

use super::options::option_method;
use crate::db::Handle;
use crate::model::{Entity, ModelMeta};
use crate::query::Select;

/// The number of rows that a delete removed.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, DeleteOrigin, Error, Model, Result, post_delete, receiver};
///
/// #[derive(Debug, Model)]
/// struct Album {
///     id: i64,
/// }
///
/// #[derive(Debug, Model)]
/// struct Track {
///     id: i64,
///     #[model(references = Album, on_delete = cascade)]
///     album_id: i64,
/// }
///
/// #[derive(Debug, Model)]
/// struct Sale {
///     id: i64,
///     #[model(references = Track, on_delete = protect)]
///     track_id: i64,
/// }
///
/// #[receiver(post_delete, sender = Track)]
/// fn tell(instance: &Track, origin: DeleteOrigin) {
///     println!("track {} is gone: {origin:?}", instance.id);
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let mut album = Album { id: 0 };
///     album.save(&db).await?;
///     let mut track = Track { id: 0, album_id: album.id };
///     track.save(&db).await?;
///     let mut sale = Sale { id: 0, track_id: track.id };
///     sale.save(&db).await?;
///
///     let Err(Error::Protected { by, .. }) = album.delete(&db).await else { unreachable!() };
///     assert_eq!((by[0].model, by[0].rows), ("Sale", 1));
///     sale.delete(&db).await?;
///     assert_eq!(album.delete(&db).await?.by_model()["Track"], 1);
///     Ok(())
/// }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    by_model: BTreeMap<&'static str, u64>,
    exact: HashMap<&'static ModelMeta, u64>,
}

impl Deleted {
    pub(in crate::store) fn add(&mut self, meta: &'static ModelMeta, rows: u64) {
        if rows > 0 {
            *self.by_model.entry(meta.name()).or_default() += rows;
            *self.exact.entry(meta).or_default() += rows;
        }
    }

    /// Returns the number of rows of all models.
    pub fn rows(&self) -> u64 {
        self.by_model.values().sum()
    }

    /// Returns the number of rows of one model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct Album { id: i64 }
    /// # #[derive(Model)]
    /// # struct Track { id: i64, #[model(references = Album, on_delete = cascade)] album_id: i64 }
    /// # async fn example(db: &Db, album: Album) -> Result<()> {
    /// println!("{} tracks went with it", album.delete(db).await?.of::<Track>());
    /// # Ok(()) }
    /// ```
    pub fn of<M: Entity>(&self) -> u64 {
        self.exact.get(M::meta()).copied().unwrap_or_default()
    }

    /// Returns the number of rows of each model, by its name. Models that lost no row are left out.
    ///
    /// Models of the same name, such as `shop::Item` and `blog::Item`, are counted together. [`of`](Self::of)
    /// counts them separately.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct Album { id: i64 }
    /// # async fn example(db: &Db, album: Album) -> Result<()> {
    /// for (model, rows) in album.delete(db).await?.by_model() {
    ///     println!("{rows} rows of {model}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn by_model(&self) -> &BTreeMap<&'static str, u64> {
        &self.by_model
    }
}

impl fmt::Debug for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deleted").field(&self.by_model).finish()
    }
}

/// A delete that is about to happen: `.await` it, or set options first.
#[must_use = "a delete does nothing until it is awaited"]
pub struct Delete<'a, M> {
    pub(in crate::store) instance: &'a M,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) quiet: bool,
}

impl<M: Entity> fmt::Debug for Delete<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete").field("model", &M::meta().name()).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

impl<'a, M: Entity> Delete<'a, M> {
    pub(in crate::store) fn new(instance: &'a M, on: Handle<'a>) -> Self {
        Self { instance, on, quiet: false }
    }

    option_method! {
        /// This applies to every row that the delete reaches. `on_delete` still applies to rows that
        /// reference the deleted one, since the database allows no reference to a missing row.
        quiet: quiet
    }
}

/// A DELETE of many instances that is about to happen: `.await` it, or set options first.
#[must_use = "a bulk write does nothing until it is awaited"]
pub struct BulkDelete<'a, M> {
    pub(in crate::store) instances: &'a [M],
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) quiet: bool,
}

impl<M: Entity> fmt::Debug for BulkDelete<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkDelete")
            .field("model", &M::meta().name())
            .field("instances", &self.instances.len())
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> BulkDelete<'a, M> {
    pub(in crate::store) fn new(instances: &'a [M], on: Handle<'a>) -> Self {
        Self { instances, on, quiet: false }
    }

    option_method! {
        /// This applies to every row that the delete reaches: see [`Delete::quiet`].
        quiet: quiet
    }
}

/// A DELETE of a query set that is about to happen: `.await` it, or set options first.
#[must_use = "a delete does nothing until it is awaited"]
pub struct DeleteObjects<'a, M> {
    pub(in crate::store) select: Select,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) quiet: bool,
    pub(in crate::store) model: PhantomData<fn() -> M>,
}

impl<M: Entity> fmt::Debug for DeleteObjects<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteObjects")
            .field("model", &M::meta().name())
            .field("select", &self.select)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> DeleteObjects<'a, M> {
    pub(in crate::store) fn new(select: Select, on: Handle<'a>) -> Self {
        Self { select, on, quiet: false, model: PhantomData }
    }

    option_method! {
        /// This applies to every row that the delete reaches: see [`Delete::quiet`].
        quiet: quiet
    }
}

/// Whether the signals of a delete are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Audience {
    Receivers,
    Nobody,
}

impl Audience {
    /// Returns `Nobody` if the delete is quiet, else `Receivers`.
    pub(in crate::store) fn unless(quiet: bool) -> Self {
        if quiet { Self::Nobody } else { Self::Receivers }
    }
}

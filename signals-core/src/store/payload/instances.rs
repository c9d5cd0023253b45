//! The rows of one statement, for receivers of whole sets.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The instances of a set, read as a slice: a parameter is written `instances: &[User]`.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Db, Model, Result, post_save, receiver};
/// # #[derive(Debug, Clone, Model)]
/// # struct Note { id: i64, text: String, stars: i32 }
/// #[receiver(post_save, sender = Note, set)]
/// fn index(instances: &[Note]) {
///     println!("{} notes", instances.len());
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let mut notes = ["a", "b"].map(|text| Note { id: 0, text: text.into(), stars: 0 });
/// Note::bulk_create(&db, &mut notes).await?;                  // prints one line
/// # Ok(()) }
/// ```
pub struct Instances<'a, M: ?Sized>(&'a dyn Slice<M>);

/// The instances of a set, read and changed as a slice: a parameter is written `instances: &mut [User]`.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Db, Model, Result, pre_save, receiver};
/// # #[derive(Debug, Clone, Model)]
/// # struct Note { id: i64, text: String, stars: i32 }
/// #[receiver(pre_save, sender = Note, set)]
/// fn trim(instances: &mut [Note]) {
///     for note in instances {
///         note.text = note.text.trim().to_owned();
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let mut notes = [" a", "b "].map(|text| Note { id: 0, text: text.into(), stars: 0 });
/// Note::bulk_create(&db, &mut notes).await?;
/// assert_eq!(notes.map(|note| note.text), ["a", "b"]);
/// # Ok(()) }
/// ```
pub struct InstancesMut<'a, M: ?Sized>(&'a mut dyn SliceMut<M>);

/// A slice behind a pointer whose type does not depend on the size of the rows, which a payload's type leaves
/// open.
trait Slice<M: ?Sized>: Send + Sync {
    fn slice(&self) -> &[M]
    where
        M: Sized;
}

/// A mutable [`Slice`].
trait SliceMut<M: ?Sized>: Slice<M> {
    fn slice_mut(&mut self) -> &mut [M]
    where
        M: Sized;
}

impl<M: Send + Sync> Slice<M> for &[M] {
    fn slice(&self) -> &[M] {
        self
    }
}

impl<M: Send + Sync> Slice<M> for &mut [M] {
    fn slice(&self) -> &[M] {
        self
    }
}

impl<M: Send + Sync> SliceMut<M> for &mut [M] {
    fn slice_mut(&mut self) -> &mut [M] {
        self
    }
}

impl<'a, M: Send + Sync> Instances<'a, M> {
    pub(in crate::store) fn new(slice: &'a &'a [M]) -> Self {
        Self(slice)
    }
}

impl<'a, M: Send + Sync> InstancesMut<'a, M> {
    #[expect(clippy::mut_mut, reason = "the outer reference is what the trait object is made of")]
    pub(in crate::store) fn new(slice: &'a mut &'a mut [M]) -> Self {
        Self(slice)
    }
}

impl<M: ?Sized> Clone for Instances<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: ?Sized> Copy for Instances<'_, M> {}

impl<M> Deref for Instances<'_, M> {
    type Target = [M];

    fn deref(&self) -> &[M] {
        self.0.slice()
    }
}

impl<M> Deref for InstancesMut<'_, M> {
    type Target = [M];

    fn deref(&self) -> &[M] {
        self.0.slice()
    }
}

impl<M> DerefMut for InstancesMut<'_, M> {
    fn deref_mut(&mut self) -> &mut [M] {
        self.0.slice_mut()
    }
}

impl<M: ?Sized> fmt::Debug for Instances<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instances")
    }
}

impl<M: ?Sized> fmt::Debug for InstancesMut<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstancesMut")
    }
}

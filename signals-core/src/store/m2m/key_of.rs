//! How to name a row on the other side of a relation.

use crate::model::{Entity, ModelKey};

/// A value that names a row of `M` by its key: a reference to an instance, or the key itself.
///
/// Implement it for a key type of your own.
///
/// # Examples
///
/// ```
/// use signals::model::{Entity as _, Key, PrimaryKey};
/// use signals::relation::KeyOf;
/// use signals::Model;
///
/// #[derive(Debug, Clone, sqlx::Type)]
/// #[sqlx(transparent)]
/// struct NoteId(i64);
/// # impl PrimaryKey for NoteId {
/// #     type Lookup<'a> = NoteId;
/// #     const GENERATED: bool = i64::GENERATED;
/// #     fn key(&self) -> Option<Key<'_>> { self.0.key() }
/// #     fn from_lookup(lookup: NoteId) -> Self { lookup }
/// #     fn from_generated(id: i64) -> Option<Self> { i64::from_generated(id).map(NoteId) }
/// # }
///
/// #[derive(Model)]
/// struct Note { id: NoteId, text: String }
///
/// impl KeyOf<Note> for NoteId {
///     fn into_key(self) -> NoteId {
///         self
///     }
/// }
///
/// let note = Note { id: NoteId(7), text: "hello".into() };
/// assert_eq!(KeyOf::<Note>::into_key(&note).0, 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no row of `{M}`",
    label = "not a reference to a `{M}`, nor a key of one",
    note = "pass `&` an instance, or its primary key as `{M}::get` takes it; for a key type of your own, implement `signals::relation::KeyOf<{M}>`"
)]
pub trait KeyOf<M: Entity> {
    /// Returns the key.
    fn into_key(self) -> M::Key;
}

#[diagnostic::do_not_recommend]
impl<M: Entity> KeyOf<M> for &M {
    fn into_key(self) -> M::Key {
        self.key()
    }
}

macro_rules! keys {
    ($($key:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Entity> KeyOf<M> for $key
        where
            M::Key: for<'a> ModelKey<Lookup<'a> = $key>,
        {
            fn into_key(self) -> M::Key {
                M::Key::from_lookup(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M: Entity> KeyOf<M> for &$key
        where
            M::Key: for<'a> ModelKey<Lookup<'a> = $key>,
        {
            fn into_key(self) -> M::Key {
                M::Key::from_lookup(*self)
            }
        }
    )*};
}

keys!(i16, i32, i64);
#[cfg(feature = "uuid")]
keys!(uuid::Uuid);

macro_rules! text_keys {
    ($($key:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Entity> KeyOf<M> for $key
        where
            M::Key: for<'a> ModelKey<Lookup<'a> = &'a str>,
        {
            fn into_key(self) -> M::Key {
                M::Key::from_lookup(&self)
            }
        }
    )*};
}

text_keys!(&str, String, &String);

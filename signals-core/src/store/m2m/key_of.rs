//! How to name a row on the other side of a relation.

use crate::model::{Entity, ModelKey, PrimaryKey};

/// A value that names a row of `M` by its key: a reference to an instance, or the key itself.
///
/// Implement it for a key type of your own.
///
/// # Examples
///
/// ```
/// use signals::model::PrimaryKey;
/// use signals::relation::KeyOf;
/// use signals::Model;
///
/// #[derive(Debug, Clone, sqlx::Type, PrimaryKey)]
/// #[sqlx(transparent)]
/// struct NoteId(i64);
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

/// A composite key, as `M::get` takes it, or a reference to the key of an instance.
macro_rules! composite_keys {
    ($(($($part:ident),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<'k, M: Entity, $($part),+> KeyOf<M> for ($($part),+)
        where
            M::Key: ModelKey<Lookup<'k> = ($($part),+)>,
        {
            fn into_key(self) -> M::Key {
                M::Key::from_lookup(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M: Entity<Key = ($($part),+)>, $($part: PrimaryKey),+> KeyOf<M> for &($($part),+) {
            fn into_key(self) -> M::Key {
                self.clone()
            }
        }
    )+};
}

composite_keys!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));

keys!(i8, i16, i32, i64, u8, u16, u32, u64);
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

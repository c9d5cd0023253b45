//! The primary key of a model: one value, or several.

use std::any::Any;
use std::cmp::Ordering;
use std::fmt;

use super::{Key, PrimaryKey};
use crate::backend::{Args, Row};
use crate::error::{Error, Result};

/// The primary key of a model: a [`PrimaryKey`], or a tuple of 2 to 5 of them.
///
/// It is a tuple if several fields of the model are marked `primary_key`, in the order of the fields. Such a
/// composite key is never unset, and the database generates none of its parts: a part of 0 is the number 0.
/// Applications do not implement this trait.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::model::{Entity as _, Key, ModelKey as _};
///
/// #[derive(Model)]
/// struct Order {
///     #[model(primary_key)]
///     tenant: String,
///     #[model(primary_key)]
///     number: i64,
///     total: i64,
/// }
///
/// let mut order = Order { tenant: "acme".into(), number: 0, total: 100 };
/// assert_eq!(order.key(), ("acme".to_owned(), 0));
/// assert_eq!(order.key().key().map(|key| key.to_string()).as_deref(), Some(r#"["acme", 0]"#));
/// order.set_key(("acme".into(), 7));
/// assert_eq!(order.number, 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a type of primary keys",
    note = "use `i64`, `i32`, `i16`, `String`, `uuid::Uuid` (feature `uuid`) or an `Option` of one; for a newtype, implement `signals::model::PrimaryKey` by forwarding to its field"
)]
pub trait ModelKey: Clone + fmt::Debug + Send + Sync + 'static {
    /// The type for lookups: that of the key, or a tuple of those of its parts.
    type Lookup<'a>;

    /// A borrowed key: a reference, or a tuple of references.
    #[doc(hidden)]
    type Ref<'a>: Copy + Send + Sync;

    /// Whether the database generates unset keys. It never generates composite keys.
    const GENERATED: bool;

    /// Returns the value, or `None` if it is unset. A composite key is never unset.
    fn key(&self) -> Option<Key<'_>> {
        Self::key_of(self.borrowed())
    }

    /// Returns the key of a lookup.
    fn from_lookup(lookup: Self::Lookup<'_>) -> Self;

    /// Returns the key that the database generated.
    #[doc(hidden)]
    fn from_generated(id: i64) -> Option<Self>;

    /// Returns a key that the program generates before the INSERT.
    #[doc(hidden)]
    fn generate() -> Option<Self>;

    /// Borrows the key.
    #[doc(hidden)]
    fn borrowed(&self) -> Self::Ref<'_>;

    /// Returns a part of the key, by its number.
    #[doc(hidden)]
    fn part_value(&self, part: usize) -> Option<&dyn Any>;

    /// Returns a copy of a borrowed key.
    #[doc(hidden)]
    fn from_borrowed(key: Self::Ref<'_>) -> Self;

    /// Returns the value of a borrowed key, as [`key`](Self::key).
    #[doc(hidden)]
    fn key_of(key: Self::Ref<'_>) -> Option<Key<'_>>;

    /// Compares two keys as their values compare.
    #[doc(hidden)]
    fn compare(&self, other: &Self) -> Ordering;

    /// Binds each part for a comparison with a column.
    ///
    /// # Errors
    ///
    /// The number of a part that cannot be encoded, with the error.
    #[doc(hidden)]
    fn bind_compared(key: Self::Ref<'_>, args: &mut Args) -> Result<(), (usize, Error)>;

    /// Reads a key from the columns of these names, one for each part.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    #[doc(hidden)]
    fn read(row: &Row<'_>, column: &dyn Fn(usize) -> Option<&'static str>) -> Result<Self, sqlx::Error>;

    /// Borrows a key from the fields that hold its parts. Returns `None` if a field has another type.
    #[doc(hidden)]
    fn from_fields<'a>(field: &dyn Fn(usize) -> Option<&'a dyn Any>) -> Option<Self::Ref<'a>>;

    /// Calls `visitor` for each part.
    #[doc(hidden)]
    fn visit<V: PartVisitor>(key: Self::Ref<'_>, visitor: &mut V);
}

/// What is done with the parts of a key, whose types differ.
#[doc(hidden)]
pub trait PartVisitor {
    /// Visits the next part.
    fn part<K: PrimaryKey>(&mut self, part: &K);
}

fn read<K: PrimaryKey>(row: &Row<'_>, column: Option<&'static str>) -> Result<K, sqlx::Error> {
    row.get(column.ok_or_else(|| sqlx::Error::ColumnNotFound("a part of the key".into()))?)
}

#[diagnostic::do_not_recommend]
impl<K: PrimaryKey> ModelKey for K {
    type Lookup<'a> = K::Lookup<'a>;
    type Ref<'a> = &'a K;
    const GENERATED: bool = K::GENERATED;

    fn from_lookup(lookup: Self::Lookup<'_>) -> Self {
        K::from_lookup(lookup)
    }

    fn from_generated(id: i64) -> Option<Self> {
        K::from_generated(id)
    }

    fn generate() -> Option<Self> {
        K::generate()
    }

    fn borrowed(&self) -> &K {
        self
    }

    fn part_value(&self, part: usize) -> Option<&dyn Any> {
        (part == 0).then_some(self)
    }

    fn from_borrowed(key: &K) -> Self {
        key.clone()
    }

    fn key_of(key: Self::Ref<'_>) -> Option<Key<'_>> {
        key.key()
    }

    fn compare(&self, other: &Self) -> Ordering {
        PrimaryKey::key(self).cmp(&PrimaryKey::key(other))
    }

    fn bind_compared(key: &K, args: &mut Args) -> Result<(), (usize, Error)> {
        args.add_compared(key).map_err(|error| (0, error))
    }

    fn read(row: &Row<'_>, column: &dyn Fn(usize) -> Option<&'static str>) -> Result<Self, sqlx::Error> {
        read(row, column(0))
    }

    fn from_fields<'a>(field: &dyn Fn(usize) -> Option<&'a dyn Any>) -> Option<&'a K> {
        field(0)?.downcast_ref()
    }

    fn visit<V: PartVisitor>(key: &K, visitor: &mut V) {
        visitor.part(key);
    }
}

macro_rules! composite_keys {
    ($(($($part:ident $place:tt),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: PrimaryKey),+> ModelKey for ($($part),+) {
            type Lookup<'a> = ($($part::Lookup<'a>),+);
            type Ref<'a> = ($(&'a $part),+);
            const GENERATED: bool = false;

            fn from_lookup(lookup: Self::Lookup<'_>) -> Self {
                ($($part::from_lookup(lookup.$place)),+)
            }

            fn from_generated(_: i64) -> Option<Self> {
                None
            }

            fn generate() -> Option<Self> {
                None
            }

            fn borrowed(&self) -> Self::Ref<'_> {
                ($(&self.$place),+)
            }

            fn part_value(&self, part: usize) -> Option<&dyn Any> {
                match part {
                    $($place => Some(&self.$place),)+
                    _ => None,
                }
            }

            fn from_borrowed(key: Self::Ref<'_>) -> Self {
                ($(key.$place.clone()),+)
            }

            fn key_of(key: Self::Ref<'_>) -> Option<Key<'_>> {
                Some(Key::Composite(Box::new([$(key.$place.part()),+])))
            }

            fn compare(&self, other: &Self) -> Ordering {
                Ordering::Equal$(.then_with(|| self.$place.part().cmp(&other.$place.part())))+
            }

            fn bind_compared(key: Self::Ref<'_>, args: &mut Args) -> Result<(), (usize, Error)> {
                $(args.add_compared(key.$place).map_err(|error| ($place, error))?;)+
                Ok(())
            }

            fn read(row: &Row<'_>, column: &dyn Fn(usize) -> Option<&'static str>) -> Result<Self, sqlx::Error> {
                Ok(($(read(row, column($place))?),+))
            }

            fn from_fields<'a>(field: &dyn Fn(usize) -> Option<&'a dyn Any>) -> Option<Self::Ref<'a>> {
                Some(($(field($place)?.downcast_ref::<$part>()?),+))
            }

            fn visit<Visitor: PartVisitor>(key: Self::Ref<'_>, visitor: &mut Visitor) {
                $(visitor.part(key.$place);)+
            }
        }
    )+};
}

composite_keys! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
}

//! The types of keys.

use super::{Key, PrimaryKey};

macro_rules! integer_keys {
    ($($(#[$attribute:meta])* $int:ty),*) => {$(
        $(#[$attribute])*
        impl PrimaryKey for $int {
            type Lookup<'a> = $int;
            const GENERATED: bool = true;

            fn key(&self) -> Option<Key<'_>> {
                (*self != 0).then(|| Key::Int(i64::from(*self)))
            }

            fn from_lookup(lookup: $int) -> Self {
                lookup
            }

            fn from_generated(id: i64) -> Option<Self> {
                id.try_into().ok()
            }
        }
    )*};
}

// PostgreSQL has no numbers of one byte and no unsigned ones, and SQLite no `u64`.
integer_keys!(
    #[cfg(not(feature = "postgres"))]
    i8,
    i16,
    i32,
    i64,
    #[cfg(not(feature = "postgres"))]
    u8,
    #[cfg(not(feature = "postgres"))]
    u16,
    #[cfg(not(feature = "postgres"))]
    u32
);

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
impl PrimaryKey for u64 {
    type Lookup<'a> = u64;
    const GENERATED: bool = true;

    fn key(&self) -> Option<Key<'_>> {
        (*self != 0).then(|| i64::try_from(*self).map_or(Key::Unsigned(*self), Key::Int))
    }

    fn from_lookup(lookup: u64) -> Self {
        lookup
    }

    /// A negative number stands for one beyond `i64::MAX`.
    fn from_generated(id: i64) -> Option<Self> {
        Some(id.cast_unsigned())
    }
}

impl PrimaryKey for String {
    type Lookup<'a> = &'a str;
    const GENERATED: bool = false;

    fn key(&self) -> Option<Key<'_>> {
        Some(Key::Text(self))
    }

    fn from_lookup(lookup: &str) -> Self {
        lookup.to_owned()
    }
}

impl PrimaryKey for Vec<u8> {
    type Lookup<'a> = &'a [u8];
    const GENERATED: bool = false;

    fn key(&self) -> Option<Key<'_>> {
        Some(Key::Bytes(self))
    }

    fn from_lookup(lookup: &[u8]) -> Self {
        lookup.to_owned()
    }
}

#[cfg(feature = "uuid")]
impl PrimaryKey for uuid::Uuid {
    type Lookup<'a> = uuid::Uuid;
    const GENERATED: bool = false;

    fn key(&self) -> Option<Key<'_>> {
        (!self.is_nil()).then_some(Key::Uuid(*self))
    }

    fn part(&self) -> Key<'_> {
        Key::Uuid(*self)
    }

    fn from_lookup(lookup: uuid::Uuid) -> Self {
        lookup
    }

    fn generate() -> Option<Self> {
        Some(Self::now_v7())
    }
}

#[cfg(all(feature = "uuid", not(feature = "postgres")))]
impl PrimaryKey for uuid::fmt::Hyphenated {
    type Lookup<'a> = Self;
    const GENERATED: bool = false;

    fn key(&self) -> Option<Key<'_>> {
        (!self.as_uuid().is_nil()).then_some(Key::Uuid(*self.as_uuid()))
    }

    fn part(&self) -> Key<'_> {
        Key::Uuid(*self.as_uuid())
    }

    fn from_lookup(lookup: Self) -> Self {
        lookup
    }

    fn generate() -> Option<Self> {
        Some(uuid::Uuid::now_v7().hyphenated())
    }
}

#[cfg(any(feature = "chrono", feature = "time", feature = "rust_decimal"))]
macro_rules! given_keys {
    ($($(#[$attribute:meta])* $type:ty: |$value:ident| $text:expr),*) => {$(
        $(#[$attribute])*
        impl PrimaryKey for $type {
            type Lookup<'a> = $type;
            const GENERATED: bool = false;

            fn key(&self) -> Option<Key<'_>> {
                let $value = self;
                Some(Key::Other($text.to_string()))
            }

            fn from_lookup(lookup: $type) -> Self {
                lookup
            }
        }
    )*};
}

#[cfg(any(feature = "chrono", feature = "time", feature = "rust_decimal"))]
given_keys!(
    #[cfg(feature = "chrono")]
    chrono::NaiveDate: |date| date,
    #[cfg(feature = "time")]
    time::Date: |date| date,
    // 1.0 and 1.00 are the same key.
    #[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
    sqlx::types::Decimal: |number| number.normalize()
);

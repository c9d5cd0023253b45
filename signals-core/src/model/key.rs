//! Primary keys: their unset values, and how they are generated.

mod types;

use std::fmt::{self, Write as _};

use crate::backend::Field;

/// The value of a primary key, without its type.
///
/// # Examples
///
/// ```
/// use signals::model::{Key, PrimaryKey as _};
///
/// assert_eq!(7_i64.key(), Some(Key::Int(7)));
/// assert_eq!(0_i64.key(), None);                              // unset
/// assert_eq!("nl".to_owned().key(), Some(Key::Text("nl")));
/// assert_eq!(Key::Int(7).to_string(), "7");
/// let composite = Key::Composite([Key::Int(7), Key::Text("nl")].into());
/// assert_eq!(composite.to_string(), r#"[7, "nl"]"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Key<'a> {
    /// An integer.
    Int(i64),
    /// An integer greater than `i64::MAX`.
    Unsigned(u64),
    /// A string.
    Text(&'a str),
    /// A UUID.
    #[cfg(feature = "uuid")]
    Uuid(uuid::Uuid),
    /// Bytes. As text, they are hexadecimal digits.
    Bytes(&'a [u8]),
    /// Another type, as text.
    Other(String),
    /// The parts of a composite key. As text, it is a JSON array.
    Composite(Box<[Key<'a>]>),
}

impl Key<'_> {
    /// Returns whether the database may spell the same key in another way, such as in other letters.
    pub(crate) fn may_be_spelled_differently(&self) -> bool {
        match self {
            Self::Text(_) | Self::Other(_) => true,
            Self::Composite(parts) => parts.iter().any(Self::may_be_spelled_differently),
            _ => false,
        }
    }

    /// Returns a key that borrows nothing. Such keys of one type are equal if the keys are, and equal no others.
    pub(crate) fn detached(self) -> Key<'static> {
        match self {
            Self::Int(value) => Key::Int(value),
            Self::Unsigned(value) => Key::Unsigned(value),
            Self::Text(value) => Key::Other(value.to_owned()),
            #[cfg(feature = "uuid")]
            Self::Uuid(value) => Key::Uuid(value),
            Self::Bytes(_) => Key::Other(self.to_string()),
            Self::Other(value) => Key::Other(value),
            Self::Composite(parts) => Key::Composite(parts.into_iter().map(Key::detached).collect()),
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Bytes(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Text(value) => value.fmt(f),
            #[cfg(feature = "uuid")]
            Self::Uuid(value) => value.fmt(f),
            Self::Other(value) => value.fmt(f),
            Self::Composite(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    f.write_str(if place == 0 { "[" } else { ", " })?;
                    json(part, f)?;
                }
                f.write_char(']')
            }
        }
    }
}

/// Writes a part of a composite key as JSON.
fn json(part: &Key<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match part {
        Key::Int(_) | Key::Unsigned(_) | Key::Composite(_) => fmt::Display::fmt(part, f),
        Key::Bytes(_) => write!(f, "\"{part}\""),
        Key::Text(value) => json_string(value, f),
        Key::Other(value) => json_string(value, f),
        #[cfg(feature = "uuid")]
        Key::Uuid(value) => write!(f, "\"{value}\""),
    }
}

fn json_string(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            '\0'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(letter))?,
            letter => f.write_char(letter)?,
        }
    }
    f.write_char('"')
}

/// A type that can be a primary key, or a part of one.
///
/// | type | unset | made by |
/// |---|---|---|
/// | `i16`, `i32`, `i64`; `i8`, `u8`, `u16`, `u32` without PostgreSQL; `u64` with MySQL alone | 0 | the database |
/// | `Uuid`; `Hyphenated` (a UUID as text) without PostgreSQL | nil | the program: version 7 |
/// | `String`, `Vec<u8>`, dates of `chrono` and `time`, `Decimal` without SQLite | never | you |
/// | `Option` of one | `None` | as its type |
/// | a newtype or an enum with `#[derive(PrimaryKey)]` | as its field; an enum never | as its field |
///
/// A key is `Debug` because the links of a many-to-many relation show their keys. Compared as a key, a moment would
/// lose what the column does not store, so no type of moments is a key.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::model::{Key, PrimaryKey};
///
/// #[derive(Debug, Clone, PartialEq, sqlx::Type, PrimaryKey)]
/// #[sqlx(transparent)]
/// struct NoteId(i64);
///
/// #[derive(Model)]
/// struct Note { id: NoteId, text: String }
///
/// assert_eq!(NoteId(7).key(), Some(Key::Int(7)));
/// assert_eq!(NoteId(0).key(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a type of primary keys",
    note = "use `i64`, `i32`, `i16`, `String`, `uuid::Uuid` (feature `uuid`) or an `Option` of one; on a newtype or an enum, write `#[derive(signals::model::PrimaryKey)]`"
)]
pub trait PrimaryKey: Field + Clone + fmt::Debug {
    /// The type for lookups: the key type itself, or `&str` for a `String`.
    type Lookup<'a>;

    /// Whether the database generates unset keys.
    const GENERATED: bool;

    /// Returns the value, or `None` if it is unset.
    fn key(&self) -> Option<Key<'_>>;

    /// Returns the value as a part of a composite key, in which no part is unset.
    ///
    /// By default, an unset value is 0. For a newtype of another type than an integer, forward this method too.
    fn part(&self) -> Key<'_> {
        self.key().unwrap_or(Key::Int(0))
    }

    /// Returns the key of a lookup.
    fn from_lookup(lookup: Self::Lookup<'_>) -> Self;

    /// Returns the key that the database generated.
    fn from_generated(id: i64) -> Option<Self> {
        let _ = id;
        None
    }

    /// Returns a key that the program generates before the INSERT.
    fn generate() -> Option<Self> {
        None
    }
}

impl<K: PrimaryKey> PrimaryKey for Option<K>
where
    Option<K>: Field,
{
    type Lookup<'a> = K::Lookup<'a>;
    const GENERATED: bool = K::GENERATED;

    fn key(&self) -> Option<Key<'_>> {
        self.as_ref().and_then(PrimaryKey::key)
    }

    fn from_lookup(lookup: Self::Lookup<'_>) -> Self {
        Some(K::from_lookup(lookup))
    }

    fn from_generated(id: i64) -> Option<Self> {
        K::from_generated(id).map(Some)
    }

    fn generate() -> Option<Self> {
        K::generate().map(Some)
    }
}

//! Which backends take a field's type, so that one that some of them lack is refused in the name of these, and one that all lack is refused once.

use std::marker::PhantomData;

use crate::field::{Field, MysqlField, PostgresField, SqliteField};
use crate::model::Values;

/// Tells of each compiled-in backend whether it takes a `T`.
///
/// The constants that are here for a type win over those that [`NotBy`] gives every type.
pub struct By<T>(PhantomData<T>);

/// The other half of [`By`].
pub trait NotBy {
    /// SQLite does not.
    const SQLITE: Refused = Refused;
    /// PostgreSQL does not.
    const POSTGRES: Refused = Refused;
    /// MySQL does not.
    const MYSQL: Refused = Refused;
}

impl<T> NotBy for By<T> {}

#[cfg(feature = "sqlite")]
impl<T: SqliteField> By<T> {
    /// SQLite does.
    pub const SQLITE: Taken = Taken;
}

#[cfg(feature = "postgres")]
impl<T: PostgresField> By<T> {
    /// PostgreSQL does.
    pub const POSTGRES: Taken = Taken;
}

#[cfg(feature = "mysql")]
impl<T: MysqlField> By<T> {
    /// MySQL does.
    pub const MYSQL: Taken = Taken;
}

/// Some backend takes the type.
#[derive(Clone, Copy)]
#[must_use]
pub struct Taken;

impl Taken {
    /// It stays so, whatever another backend does.
    pub const fn or<Other: Copy>(self, _: Other) -> Self {
        self
    }

    /// What is done with values of the type; each backend that does not take it refuses it.
    pub const fn values<T: SqliteField + PostgresField + MysqlField + Send + Sync + 'static>(self) -> Values<T> {
        Values::new()
    }
}

/// No backend takes the type so far.
#[derive(Clone, Copy)]
#[must_use]
pub struct Refused;

impl Refused {
    /// What another backend does.
    pub const fn or<Other: Copy>(self, other: Other) -> Other {
        other
    }

    /// What would be done with values of the type, which is refused.
    pub const fn values<T: Field>(self) -> Values<T> {
        Values::new()
    }
}

/// What is done with values of a type, which must be named as it is: in generic code, nothing wins over [`NotBy`].
#[doc(hidden)]
#[macro_export]
macro_rules! __values {
    ($type:ty) => {{
        use $crate::private::By;
        #[allow(unused_imports, reason = "a type that every backend takes does not need it")]
        use $crate::private::NotBy as _;
        By::<$type>::SQLITE.or(By::<$type>::POSTGRES).or(By::<$type>::MYSQL).values::<$type>()
    }};
}

pub use __values as values;

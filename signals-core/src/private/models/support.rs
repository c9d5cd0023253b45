//! Which backends take a field's type, so that one that some of them lack is refused in the name of these, and one that all lack is refused once.

use std::marker::PhantomData;

use crate::backend::{Field, MysqlField, PostgresField, SqliteField};
use crate::model::FieldCodec;

/// Says of each compiled-in backend whether it takes a `T`.
///
/// The constants that are here for a type win over those that [`UnsupportedBy`] gives every type.
#[derive(Debug)]
pub struct SupportedBy<T>(PhantomData<T>);

/// The other half of [`SupportedBy`].
pub trait UnsupportedBy {
    /// SQLite does not.
    const SQLITE: Unsupported = Unsupported;
    /// PostgreSQL does not.
    const POSTGRES: Unsupported = Unsupported;
    /// MySQL does not.
    const MYSQL: Unsupported = Unsupported;
}

impl<T> UnsupportedBy for SupportedBy<T> {}

#[cfg(feature = "sqlite")]
impl<T: SqliteField> SupportedBy<T> {
    /// SQLite does.
    pub const SQLITE: Supported = Supported;
}

#[cfg(feature = "postgres")]
impl<T: PostgresField> SupportedBy<T> {
    /// PostgreSQL does.
    pub const POSTGRES: Supported = Supported;
}

#[cfg(feature = "mysql")]
impl<T: MysqlField> SupportedBy<T> {
    /// MySQL does.
    pub const MYSQL: Supported = Supported;
}

/// Some backend takes the type.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Supported;

impl Supported {
    /// It stays so, whatever another backend does.
    pub const fn or<Other: Copy>(self, _: Other) -> Self {
        self
    }

    /// What is done with values of the type; each backend that does not take it refuses it.
    pub const fn values<T: SqliteField + PostgresField + MysqlField + Send + Sync + 'static>(self) -> FieldCodec<T> {
        FieldCodec::new()
    }
}

/// No backend takes the type so far.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Unsupported;

impl Unsupported {
    /// What another backend does.
    pub const fn or<Other: Copy>(self, other: Other) -> Other {
        other
    }

    /// What would be done with values of the type, which is refused.
    pub const fn values<T: Field>(self) -> FieldCodec<T> {
        FieldCodec::new()
    }
}

/// What is done with values of a type, which must be named as it is: in generic code, nothing wins over [`UnsupportedBy`].
#[doc(hidden)]
#[macro_export]
macro_rules! __values {
    ($type:ty) => {{
        use $crate::private::SupportedBy;
        #[allow(unused_imports, reason = "a type that every backend takes does not need it")]
        use $crate::private::UnsupportedBy as _;
        SupportedBy::<$type>::SQLITE
            .or(SupportedBy::<$type>::POSTGRES)
            .or(SupportedBy::<$type>::MYSQL)
            .values::<$type>()
    }};
}

pub use __values as values;

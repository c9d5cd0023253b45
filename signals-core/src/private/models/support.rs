//! The backends that support a field's type. The errors name the backends that lack a type, and a type that
//! all backends lack gives one error.

use std::marker::PhantomData;

use crate::backend::{Field, MysqlField, PostgresField, SqliteField};
use crate::model::FieldCodec;

/// The support of each compiled-in backend for the type `T`.
///
/// If a type has a constant here, it takes precedence over that of [`UnsupportedBy`], which every type has.
#[derive(Debug)]
pub struct SupportedBy<T>(PhantomData<T>);

/// The constants for backends that do not support a type.
pub trait UnsupportedBy {
    /// SQLite does not support the type.
    const SQLITE: Unsupported = Unsupported;
    /// PostgreSQL does not support the type.
    const POSTGRES: Unsupported = Unsupported;
    /// MySQL does not support the type.
    const MYSQL: Unsupported = Unsupported;
}

impl<T> UnsupportedBy for SupportedBy<T> {}

#[cfg(feature = "sqlite")]
impl<T: SqliteField> SupportedBy<T> {
    /// SQLite supports the type.
    pub const SQLITE: Supported = Supported;
}

#[cfg(feature = "postgres")]
impl<T: PostgresField> SupportedBy<T> {
    /// PostgreSQL supports the type.
    pub const POSTGRES: Supported = Supported;
}

#[cfg(feature = "mysql")]
impl<T: MysqlField> SupportedBy<T> {
    /// MySQL supports the type.
    pub const MYSQL: Supported = Supported;
}

/// At least one backend supports the type.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Supported;

impl Supported {
    /// Returns this, whatever another backend supports.
    pub const fn or<Other: Copy>(self, _: Other) -> Self {
        self
    }

    /// Returns the codec of the type. Each backend that does not support the type refuses it.
    pub const fn values<T: SqliteField + PostgresField + MysqlField + Send + Sync + 'static>(
        self,
    ) -> &'static FieldCodec<T> {
        FieldCodec::of()
    }
}

/// No backend so far supports the type.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Unsupported;

impl Unsupported {
    /// Returns the support of another backend.
    pub const fn or<Other: Copy>(self, other: Other) -> Other {
        other
    }

    /// Returns the codec of the type, which is refused.
    pub const fn values<T: Field>(self) -> &'static FieldCodec<T> {
        FieldCodec::of()
    }
}

/// Returns the codec of a type, which must be named directly: in generic code, no constant takes precedence
/// over [`UnsupportedBy`].
#[cfg(any(
    all(feature = "sqlite", feature = "postgres"),
    all(feature = "sqlite", feature = "mysql"),
    all(feature = "postgres", feature = "mysql"),
))]
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

/// Returns the codec of a type that the only backend supports.
pub const fn codec<T: Field>() -> &'static FieldCodec<T> {
    FieldCodec::of()
}

/// Returns the codec of a type. There is one backend, so no other one has to be asked.
#[cfg(not(any(
    all(feature = "sqlite", feature = "postgres"),
    all(feature = "sqlite", feature = "mysql"),
    all(feature = "postgres", feature = "mysql"),
)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __values {
    ($type:ty) => {
        $crate::private::codec::<$type>()
    };
}

pub use __values as values;

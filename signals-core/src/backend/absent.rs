//! Backends that are not compiled in. They require nothing of a type.

macro_rules! absent {
    ($feature:literal, $field:ident) => {
        /// A type of a backend that is not compiled in: any type.
        #[cfg(not(feature = $feature))]
        pub trait $field {}

        #[cfg(not(feature = $feature))]
        #[diagnostic::do_not_recommend]
        impl<T> $field for T {}
    };
}

absent!("sqlite", SqliteField);
absent!("postgres", PostgresField);
absent!("mysql", MysqlField);

/// The elements of an array, which only PostgreSQL has.
#[cfg(not(feature = "postgres"))]
#[derive(Debug, Clone, Copy, Default)]
pub struct Elements(());

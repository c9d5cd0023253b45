//! Turns the panics of other crates' conversions into errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlx::error::BoxDynError;

/// Runs a conversion and turns its panic into an error.
///
/// sqlx converts dates and times with operators that panic beyond the range of chrono or `time`. Nothing is
/// left in a partial state: the value is dropped with the error.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn guarded<T, E: From<BoxDynError>>(convert: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(convert)).unwrap_or_else(|panic| Err(E::from(said(&*panic))))
}

/// Runs a read of a column and turns its panic into an error.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) fn guarded_read<T>(read: impl FnOnce() -> Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    let failed = |source| Err(sqlx::Error::ColumnDecode { index: String::new(), source });
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| failed(said(&*panic)))
}

fn said(panic: &(dyn Any + Send)) -> BoxDynError {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the value is beyond the range of its Rust type ({})", text.unwrap_or("the conversion panicked")).into()
}

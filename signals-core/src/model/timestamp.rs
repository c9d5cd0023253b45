//! The types of `auto_now` and `auto_now_add` fields.

#[cfg(any(feature = "chrono", feature = "time"))]
use std::any::TypeId;

use crate::backend::{Args, Field};
use crate::error::Result;

/// A type that can hold the present time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stamped with the present time",
    label = "not a type of `auto_now` and `auto_now_add` fields",
    note = "use `chrono::DateTime<Utc>` or `NaiveDateTime` (feature `chrono`), `time::OffsetDateTime` or `PrimitiveDateTime` (feature `time`), or an `Option` of one"
)]
pub trait Timestamp {
    /// Returns the present time, in UTC and in whole microseconds. Databases store no more digits, and an
    /// instance must equal its row.
    fn now() -> Self;
}

impl<T: Timestamp> Timestamp for Option<T> {
    fn now() -> Self {
        Some(T::now())
    }
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::DateTime<chrono::Utc> {
    fn now() -> Self {
        chrono::SubsecRound::trunc_subsecs(chrono::Utc::now(), 6)
    }
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::NaiveDateTime {
    fn now() -> Self {
        <chrono::DateTime<chrono::Utc> as Timestamp>::now().naive_utc()
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::OffsetDateTime {
    fn now() -> Self {
        Self::now_utc().truncate_to_microsecond()
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::PrimitiveDateTime {
    fn now() -> Self {
        let now = <time::OffsetDateTime as Timestamp>::now();
        Self::new(now.date(), now.time())
    }
}

/// Binds the present time as a `T`. Returns `None` if that is a custom type, because only an instance can
/// make its value.
#[cfg_attr(
    not(any(feature = "chrono", feature = "time")),
    expect(clippy::extra_unused_type_parameters, reason = "without a library of times there is nothing to bind")
)]
pub(super) fn bind_now<T: Field>(args: &mut Args) -> Option<Result<()>> {
    let _ = &args;
    #[cfg(feature = "chrono")]
    if let Some(bound) = bind_as::<T, chrono::DateTime<chrono::Utc>>(args) {
        return Some(bound);
    }
    #[cfg(feature = "chrono")]
    if let Some(bound) = bind_as::<T, chrono::NaiveDateTime>(args) {
        return Some(bound);
    }
    #[cfg(feature = "time")]
    if let Some(bound) = bind_as::<T, time::OffsetDateTime>(args) {
        return Some(bound);
    }
    #[cfg(feature = "time")]
    if let Some(bound) = bind_as::<T, time::PrimitiveDateTime>(args) {
        return Some(bound);
    }
    None
}

/// Binds the present time if `T` is `Now` or an `Option` of it.
#[cfg(any(feature = "chrono", feature = "time"))]
fn bind_as<T: Field, Now: Field + Timestamp>(args: &mut Args) -> Option<Result<()>> {
    let is_now = [TypeId::of::<Now>(), TypeId::of::<Option<Now>>()].contains(&TypeId::of::<T>());
    is_now.then(|| args.add(&Now::now()))
}

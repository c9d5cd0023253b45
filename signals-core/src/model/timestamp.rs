//! The types of `auto_now` and `auto_now_add` fields.

#[cfg(any(feature = "chrono", feature = "time"))]
use std::any::{Any, TypeId};

use crate::backend::StoredForm;

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

/// Returns the present time as a field keeps it that SQLite keeps in the form `F`, on every database.
#[doc(hidden)]
pub fn now_as<F: StoredForm<T>, T: Timestamp>() -> T {
    F::cut(&T::now())
}

/// Returns the present time as a `T`. Returns `None` if that is a custom type, because only an instance can make its
/// value.
pub(super) fn now<T: 'static>() -> Option<T> {
    #[cfg(feature = "chrono")]
    if let Some(now) = now_of::<T, chrono::DateTime<chrono::Utc>>().or_else(now_of::<T, chrono::NaiveDateTime>) {
        return Some(now);
    }
    #[cfg(feature = "time")]
    if let Some(now) = now_of::<T, time::OffsetDateTime>().or_else(now_of::<T, time::PrimitiveDateTime>) {
        return Some(now);
    }
    None
}

/// Returns the present time if `T` is `Now` or an `Option` of it.
#[cfg(any(feature = "chrono", feature = "time"))]
fn now_of<T: 'static, Now: Timestamp + 'static>() -> Option<T> {
    if TypeId::of::<T>() == TypeId::of::<Now>() {
        return taken(&mut Some(Now::now()));
    }
    if TypeId::of::<T>() == TypeId::of::<Option<Now>>() {
        return taken(&mut Some(Some(Now::now())));
    }
    None
}

/// Takes the value if it is a `T`.
#[cfg(any(feature = "chrono", feature = "time"))]
fn taken<T: 'static>(value: &mut dyn Any) -> Option<T> {
    value.downcast_mut::<Option<T>>().and_then(Option::take)
}

//! The types of `auto_now` and `auto_now_add` fields.

/// A type that can hold the present time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stamped with the present time",
    label = "not a type of `auto_now` and `auto_now_add` fields",
    note = "use `chrono::DateTime<Utc>` or `NaiveDateTime` (feature `chrono`), `time::OffsetDateTime` or `PrimitiveDateTime` (feature `time`), or an `Option` of one"
)]
pub trait Timestamp {
    /// The present time, in UTC.
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
        chrono::Utc::now()
    }
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::NaiveDateTime {
    fn now() -> Self {
        chrono::Utc::now().naive_utc()
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::OffsetDateTime {
    fn now() -> Self {
        Self::now_utc()
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::PrimitiveDateTime {
    fn now() -> Self {
        let now = time::OffsetDateTime::now_utc();
        Self::new(now.date(), now.time())
    }
}

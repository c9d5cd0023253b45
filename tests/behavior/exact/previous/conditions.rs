//! `changed(..)` compares the values as the database would store them.

use chrono::{DateTime, NaiveTime, TimeZone as _, Timelike as _, Utc};
use serde_json::Value;
use signals::{Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere};
use time::OffsetDateTime;

#[tokio::test]
async fn a_value_that_is_stored_as_it_was_has_not_changed() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_stored")]
    struct Reading {
        id: i64,
        at: DateTime<Utc>,
        read: OffsetDateTime,
        of_day: NaiveTime,
        #[model(json)]
        note: Option<Value>,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Reading, changed(at, read, of_day, note))]
    fn before() {
        LOG.note("before");
    }
    #[receiver(post_save, sender = Reading, changed(at))]
    fn at() {
        LOG.note("at");
    }
    #[receiver(post_save, sender = Reading, changed(read))]
    fn read() {
        LOG.note("read");
    }
    #[receiver(post_save, sender = Reading, changed(of_day))]
    fn of_day() {
        LOG.note("of_day");
    }
    #[receiver(post_save, sender = Reading, changed(note))]
    fn note() {
        LOG.note("note");
    }
    #[receiver(post_save, sender = Reading, on_commit, changed(at, read, of_day, note))]
    fn committed() {
        LOG.note("committed");
    }
    let db = db().await;
    let nanoseconds = 123_456_789;
    let mut reading = Reading {
        id: 0,
        at: Utc.timestamp_opt(1_700_000_000, nanoseconds).unwrap(),
        read: OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap(),
        of_day: NaiveTime::from_hms_nano_opt(1, 2, 3, nanoseconds).unwrap(),
        note: Some(Value::Null),
        count: 0,
    };
    reading.save(&db).await?;
    assert_eq!(LOG.take().len(), 6, "a new row has changed in all its fields");
    for count in 1..=2 {
        reading.count = count;
        reading.save(&db).await?;
        assert!(LOG.take().is_empty(), "nothing but the count has changed");
    }
    reading.at = reading.at.with_nanosecond(nanoseconds + 1000).unwrap();
    reading.note = Some(Value::Bool(true));
    reading.save(&db).await?;
    let mut changed = LOG.take();
    changed.sort();
    assert_eq!(changed, ["at", "before", "committed", "note"]);
    Ok(())
}

#[tokio::test]
async fn a_number_that_is_none_has_not_changed() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_nan")]
    struct Measured {
        id: i64,
        value: Option<f64>,
        single: Option<f32>,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Measured, changed(value, single))]
    fn changed(instance: &Measured) {
        LOG.note(format!("{:?}", instance.value));
    }
    // MySQL has no NaN.
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    let mut measured = Measured { id: 0, value: Some(f64::NAN), single: Some(f32::NAN), count: 0 };
    measured.save(&db).await?;
    assert_eq!(LOG.take(), ["Some(NaN)"]);
    measured.count = 1;
    measured.save(&db).await?;
    assert!(LOG.take().is_empty());
    measured.value = Some(0.0);
    measured.save(&db).await?;
    measured.value = Some(-0.0);
    measured.save(&db).await?;
    assert_eq!(LOG.take(), ["Some(0.0)"], "the two zeros are equal");
    Ok(())
}

#[tokio::test]
async fn a_field_need_not_be_comparable_in_rust() -> Result<()> {
    #[derive(Debug, Clone, Copy, sqlx::Type)]
    #[sqlx(type_name = "text", rename_all = "lowercase")]
    enum Status {
        Draft,
        Done,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_incomparable")]
    struct Article {
        id: i64,
        status: Status,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Article, changed(status))]
    fn changed(instance: &Article) {
        LOG.note(format!("{:?}", instance.status));
    }
    let db = db().await;
    let mut article = Article { id: 0, status: Status::Draft, count: 0 };
    article.save(&db).await?;
    article.count = 1;
    article.save(&db).await?;
    article.status = Status::Done;
    article.save(&db).update_fields([Article::COUNT]).await?;
    assert_eq!(LOG.take(), ["Draft"]);
    article.save(&db).await?;
    assert_eq!(LOG.take(), ["Done"]);
    Ok(())
}

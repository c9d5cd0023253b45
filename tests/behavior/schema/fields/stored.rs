//! The forms in which SQLite keeps moments and UUIDs, and values that other programs wrote.

use std::slice::from_ref;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound as _, TimeDelta, Utc};
use signals::schema::{self, DifferenceKind};
use signals::{Error, Model, ModelMeta, Result};
use signals_test_behavior::{count, db, execute, kind, texts};
use time::{OffsetDateTime, PrimitiveDateTime};
use uuid::Uuid;

fn moment(micros: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2024, 1, 2).unwrap().and_hms_micro_opt(3, 4, 5, micros).unwrap().and_utc()
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "stored_moments")]
struct Moments {
    id: i64,
    #[model(sqlite = datetime)]
    text: DateTime<Utc>,
    #[model(sqlite = datetime, index)]
    naive: Option<NaiveDateTime>,
    #[model(sqlite = unix_seconds)]
    seconds: DateTime<Utc>,
    #[model(sqlite = unix_millis)]
    millis: OffsetDateTime,
    #[model(sqlite = julian_day)]
    days: Option<PrimitiveDateTime>,
    #[model(sqlite = hyphenated)]
    uuid: Uuid,
    #[model(sqlite = simple, unique)]
    other: Option<Uuid>,
}

fn moments(id: u128, at: DateTime<Utc>) -> Moments {
    let offset = OffsetDateTime::from_unix_timestamp_nanos(at.timestamp_nanos_opt().unwrap().into()).unwrap();
    Moments {
        id: 0,
        text: at,
        naive: Some(at.naive_utc()),
        seconds: at.trunc_subsecs(0),
        millis: offset.truncate_to_millisecond(),
        days: Some(PrimitiveDateTime::new(offset.date(), offset.time().truncate_to_millisecond())),
        uuid: Uuid::from_u128(id),
        other: Some(Uuid::from_u128(id)),
    }
}

#[tokio::test]
async fn a_value_in_a_form_of_sqlite_is_found_and_sorted() -> Result<()> {
    let db = db().await;
    let mut all = [0, 5_000, 500_000, 678_000, 999_999].map(|micros| moments(micros.into(), moment(micros)));
    for row in &mut all {
        row.save(&db).await?;
        assert_eq!(Moments::get(&db, row.id).await?, *row);
        row.save(&db).await?;
    }
    let mut none = Moments { naive: None, days: None, other: None, ..moments(9, moment(999_999)) };
    none.save(&db).await?;
    for row in &all {
        for same in [
            Moments::TEXT.eq(row.text),
            Moments::NAIVE.eq(row.naive),
            Moments::UUID.eq(row.uuid),
            Moments::OTHER.in_([row.other, Some(Uuid::nil())]).and(Moments::ID.eq(row.id)),
            Moments::MILLIS.eq(row.millis).and(Moments::ID.eq(row.id)),
            Moments::DAYS.eq(row.days).and(Moments::SECONDS.eq(row.seconds)).and(Moments::ID.eq(row.id)),
        ] {
            let found = Moments::objects().filter(same.clone()).exclude(Moments::ID.eq(none.id)).all(&db).await?;
            assert_eq!(found, from_ref(row), "{same:?}");
        }
        let earlier = Moments::objects().filter(Moments::TEXT.lt(row.text).and(Moments::NAIVE.lt(row.naive.unwrap())));
        assert_eq!(earlier.count(&db).await?, u64::try_from(row.id - 1).unwrap());
    }
    let sorted =
        Moments::objects().order_by(Moments::TEXT.desc()).filter(Moments::NAIVE.is_not_null()).all(&db).await?;
    assert_eq!(sorted.iter().map(|row| row.id).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(Moments::objects().filter(Moments::NAIVE.is_null()).count(&db).await?, 1);

    let later = moment(250_000) + TimeDelta::days(1);
    let set = [Moments::TEXT.set(later), Moments::DAYS.set(None), Moments::UUID.set(Uuid::max())];
    assert_eq!(Moments::objects().filter(Moments::ID.eq(1)).update(&db, set).await?, 1);
    let changed =
        Moments::objects().filter(Moments::TEXT.eq(later).and(Moments::UUID.eq(Uuid::max()))).get(&db).await?;
    assert_eq!((changed.id, changed.days), (1, None));
    assert!(schema::check_of(&db, ModelMeta::is::<Moments>).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_row_is_found_by_the_moment_it_was_saved_with() -> Result<()> {
    let db = db().await;
    let at = moment(0) + TimeDelta::nanoseconds(123_456_789);
    let offset = OffsetDateTime::from_unix_timestamp_nanos(at.timestamp_nanos_opt().unwrap().into()).unwrap();
    let saved = Moments { text: at, seconds: at, millis: offset, ..moments(1, moment(0)) }.create(&db).await?;
    for same in [Moments::TEXT.eq(at), Moments::SECONDS.in_([at]), Moments::MILLIS.eq(offset)] {
        assert_eq!(Moments::objects().filter(same.clone()).count(&db).await?, 1, "{same:?}");
        assert_eq!(Moments::objects().filter(same.not()).count(&db).await?, 0);
    }
    let again = || moments(2, at);
    let (found, created) = Moments::objects().filter(Moments::TEXT.eq(at)).get_or_create(&db, again).await?;
    assert_eq!((found.id, created), (saved.id, false));
    Ok(())
}

#[tokio::test]
async fn moments_before_1970_and_of_other_zones_are_kept_and_sorted() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "stored_times")]
    struct Times {
        id: i64,
        #[model(sqlite = datetime)]
        text: OffsetDateTime,
        #[model(sqlite = unix_seconds)]
        seconds: OffsetDateTime,
        #[model(sqlite = datetime)]
        plain: PrimitiveDateTime,
        #[model(sqlite = unix_millis)]
        millis: PrimitiveDateTime,
        #[model(sqlite = julian_day)]
        days: OffsetDateTime,
    }
    let db = db().await;
    db.create_tables_of(ModelMeta::is::<Times>).await?;
    let zone = time::UtcOffset::from_hms(5, 30, 0).unwrap();
    for millis in [-86_400_750_i128, -1_750, -1, 0, 250] {
        let at = OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000).unwrap();
        let whole = OffsetDateTime::from_unix_timestamp(
            at.unix_timestamp_nanos().div_euclid(1_000_000_000).try_into().unwrap(),
        );
        let plain = PrimitiveDateTime::new(at.date(), at.time());
        let row = Times {
            id: 0,
            text: at.to_offset(zone),
            seconds: whole.unwrap().to_offset(zone),
            plain,
            millis: plain,
            days: at,
        };
        let row = row.create(&db).await?;
        assert_eq!(Times::get(&db, row.id).await?, row);
        let same = Times::TEXT.eq(row.text).and(Times::SECONDS.eq(row.seconds)).and(Times::PLAIN.eq(plain));
        let same = same.and(Times::MILLIS.eq(plain)).and(Times::DAYS.eq(at));
        assert_eq!(Times::objects().filter(same).get(&db).await?.id, row.id);
        let earlier = Times::objects().filter(Times::TEXT.lt(at).and(Times::MILLIS.lt(plain)).and(Times::DAYS.lt(at)));
        assert_eq!(i64::try_from(earlier.count(&db).await?).unwrap(), row.id - 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_check_reports_numbers_beyond_the_years_and_texts_of_other_encodings() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "stored_strange", managed = false)]
    struct Strange {
        id: i64,
        millis: Option<PrimitiveDateTime>,
        name: Option<String>,
    }
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = db().await;
    execute(&db, "CREATE TABLE stored_strange (id INTEGER PRIMARY KEY, millis DATETIME, name TEXT)").await;
    execute(&db, "INSERT INTO stored_strange VALUES (1, 1704164645678, NULL), (2, NULL, CAST(x'e4' AS TEXT))").await;
    let error = Strange::get(&db, 1).await.unwrap_err().to_string();
    assert!(error.contains("millis"), "{error}");
    let differences = schema::check_of(&db, ModelMeta::is::<Strange>).await?;
    let values = differences.iter().filter(|it| matches!(it.kind, DifferenceKind::Value { .. }));
    assert_eq!(values.map(|it| it.columns().join(",")).collect::<Vec<_>>(), ["millis", "name"], "{differences:?}");
    Ok(())
}

#[tokio::test]
async fn a_form_is_what_others_write() -> Result<()> {
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = db().await;
    moments(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8, moment(678_901)).save(&db).await?;
    moments(1, moment(0)).save(&db).await?;
    let written = texts(
        &db,
        "SELECT text || ', ' || naive || ', ' || seconds || ', ' || millis || ', ' || uuid || ', ' || other \
         FROM stored_moments ORDER BY id",
    )
    .await;
    assert_eq!(
        written,
        [
            "2024-01-02 03:04:05.678901, 2024-01-02 03:04:05.678901, 1704164645, 1704164645678, \
             67e55044-10b1-426f-9247-bb680e5fe0c8, 67e5504410b1426f9247bb680e5fe0c8",
            "2024-01-02 03:04:05, 2024-01-02 03:04:05, 1704164645, 1704164645000, \
             00000000-0000-0000-0000-000000000001, 00000000000000000000000000000001",
        ]
    );
    let same = "SELECT COUNT(*) FROM stored_moments WHERE days = julianday('2024-01-02 03:04:05.678')";
    assert_eq!(count(&db, same).await, 1);
    Ok(())
}

#[tokio::test]
async fn rows_of_other_programs_are_found_by_their_values() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "stored_others", managed = false)]
    struct Other {
        id: i64,
        #[model(sqlite = datetime)]
        django: Option<DateTime<Utc>>,
        #[model(sqlite = datetime, db_default, default = sql("CURRENT_TIMESTAMP"))]
        created: Option<NaiveDateTime>,
        #[model(sqlite = unix_seconds, sql_type = "DATETIME")]
        epoch: DateTime<Utc>,
        #[model(sqlite = julian_day)]
        julian: DateTime<Utc>,
        #[model(sql_type = "DECIMAL(10, 2)")]
        price: f64,
    }
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = db().await;
    execute(
        &db,
        "CREATE TABLE stored_others (id INTEGER PRIMARY KEY, django datetime, created TIMESTAMP NOT NULL DEFAULT \
         CURRENT_TIMESTAMP, epoch DATETIME NOT NULL, julian REAL NOT NULL, price DECIMAL(10, 2) NOT NULL)",
    )
    .await;
    for second in 0..20 {
        // Django writes a whole second without a point, and six digits otherwise.
        let fraction = if second % 2 == 0 { "" } else { ".500000" };
        let sql = format!(
            "INSERT INTO stored_others (django, epoch, julian, price) VALUES ('2024-01-02 03:04:{second:02}{fraction}', \
             CAST(strftime('%s', '2024-01-02 03:04:{second:02}') AS INTEGER), \
             julianday('2024-01-02 03:04:{second:02}'), {second} * 0.5)"
        );
        execute(&db, &sql).await;
    }
    let all = Other::objects().order_by(Other::ID.asc()).all(&db).await?;
    assert_eq!(all.len(), 20);
    for row in &all {
        let each = [
            Other::DJANGO.eq(row.django),
            Other::CREATED.eq(row.created).and(Other::ID.eq(row.id)),
            Other::EPOCH.eq(row.epoch),
            Other::JULIAN.eq(row.julian),
            Other::PRICE.eq(row.price),
        ];
        for itself in each {
            assert_eq!(Other::objects().filter(itself.clone()).all(&db).await?, from_ref(row), "{itself:?}");
        }
    }
    let [tenth, half] = [all[10].epoch, all[10].epoch + TimeDelta::milliseconds(500)];
    // A part of a second counts in `lt`, although the column has none. `eq` cuts it, as a save does.
    assert_eq!(Other::objects().filter(Other::EPOCH.lt(tenth)).count(&db).await?, 10);
    assert_eq!(Other::objects().filter(Other::EPOCH.lt(half)).count(&db).await?, 11);
    assert_eq!(Other::objects().filter(Other::EPOCH.eq(half)).count(&db).await?, 1);
    assert!(schema::check_of(&db, ModelMeta::is::<Other>).await?.is_empty());

    // What the database filled comes back.
    let mut own = Other { id: 0, django: None, created: None, price: 5.0, ..all[0].clone() };
    own.save(&db).await?;
    let found = Other::objects().filter(Other::CREATED.eq(own.created).and(Other::PRICE.eq(5.0))).all(&db).await?;
    assert!(found.contains(&own), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn check_reports_a_value_in_another_form() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "stored_checked")]
    struct Checked {
        id: i64,
        moment: DateTime<Utc>,
        #[model(sqlite = unix_seconds)]
        #[allow(dead_code, reason = "only its column counts")]
        epoch: Option<DateTime<Utc>>,
        #[allow(dead_code, reason = "only its column counts")]
        uuid: Option<Uuid>,
    }
    let db = db().await;
    if !kind().is_sqlite() {
        Checked { id: 0, moment: moment(5), epoch: None, uuid: None }.save(&db).await?;
        assert!(schema::check_of(&db, ModelMeta::is::<Checked>).await?.is_empty());
        return Ok(());
    }
    Checked { id: 0, moment: moment(5), epoch: Some(moment(0)), uuid: Some(Uuid::max()) }.save(&db).await?;
    assert!(schema::check_of(&db, ModelMeta::is::<Checked>).await?.is_empty());
    execute(
        &db,
        "INSERT INTO stored_checked (moment, epoch, uuid) VALUES ('2024-01-02 03:04:05', '2024-01-02 03:04:05', \
         '67e55044-10b1-426f-9247-bb680e5fe0c8')",
    )
    .await;
    let found = schema::check_of(&db, ModelMeta::is::<Checked>).await?;
    let found: Vec<_> =
        found.iter().map(|it| (it.kind.name(), it.columns().join(","), it.expected(), it.found())).collect();
    let text = "text 2024-01-02 03:04:05".to_owned();
    assert_eq!(
        found,
        [
            ("value", "moment".into(), "text 2024-01-02T03:04:05+00:00".into(), text.clone()),
            ("value", "epoch".into(), "integer 1704164645".into(), text),
            (
                "value",
                "uuid".into(),
                "a value that the field reads".into(),
                "text 67e55044-10b1-426f-9247-bb680e5fe0c8".into()
            ),
        ]
    );
    let differences = schema::check_of(&db, ModelMeta::is::<Checked>).await?;
    assert!(matches!(&differences[0].kind, DifferenceKind::Value { column, .. } if column == "moment"));
    Ok(())
}

#[tokio::test]
async fn a_stamp_has_the_digits_of_its_form() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "stored_stamps")]
    struct Stamped {
        id: i64,
        #[model(auto_now_add, sqlite = unix_seconds)]
        added: Option<DateTime<Utc>>,
        #[model(auto_now, sqlite = unix_millis)]
        changed: NaiveDateTime,
        #[model(auto_now, sqlite = datetime)]
        text: DateTime<Utc>,
    }
    let db = db().await;
    let mut row = Stamped { id: 0, added: None, changed: NaiveDateTime::default(), text: DateTime::UNIX_EPOCH };
    row.save(&db).await?;
    assert_eq!(Stamped::get(&db, row.id).await?, row);
    assert_eq!(row.added.map(|added| added.timestamp_subsec_nanos()), Some(0));
    assert_eq!(row.changed.and_utc().timestamp_subsec_nanos() % 1_000_000, 0);
    assert!(Utc::now() - row.text < TimeDelta::minutes(1));
    Ok(())
}

#[tokio::test]
async fn a_moment_that_a_form_cannot_have_is_refused() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "stored_refused")]
    struct Refused {
        id: i64,
        #[model(sqlite = datetime)]
        at: NaiveDateTime,
    }
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = db().await;
    let at = NaiveDate::from_ymd_opt(12_024, 1, 2).unwrap().and_hms_opt(3, 4, 5).unwrap();
    let error = Refused { id: 0, at }.save(&db).await.unwrap_err();
    assert!(matches!(error, Error::Value { model: "Refused", field: "at", .. }), "{error}");
    assert_eq!(Refused::objects().count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn none_in_a_field_with_json_is_null() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "stored_json")]
    struct Document {
        id: i64,
        #[model(json)]
        tags: Option<Vec<String>>,
        #[model(json)]
        anything: serde_json::Value,
    }
    let db = db().await;
    let mut none = Document { id: 0, tags: None, anything: serde_json::Value::Null }.create(&db).await?;
    let some =
        Document { id: 0, tags: Some(vec!["a".into()]), anything: serde_json::json!({"b": 1}) }.create(&db).await?;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM stored_json WHERE tags IS NULL AND anything IS NOT NULL").await, 1);
    assert_eq!(Document::objects().filter(Document::TAGS.is_null()).all(&db).await?, [none.clone()]);
    assert_eq!(Document::objects().filter(Document::TAGS.is_not_null()).all(&db).await?, from_ref(&some));
    none.tags = some.tags.clone();
    none.save(&db).await?;
    assert_eq!(Document::objects().filter(Document::TAGS.is_null()).count(&db).await?, 0);
    none.tags = None;
    Document::bulk_update(&db, &mut [none.clone()], [Document::TAGS]).await?;
    assert_eq!(Document::get(&db, none.id).await?, none);
    assert_eq!(Document::objects().filter(Document::TAGS.is_null()).count(&db).await?, 1);
    // A document `null` of another program is read as `None` too.
    let sql = format!("UPDATE stored_json SET tags = 'null' WHERE id = {}", some.id);
    execute(&db, &sql).await;
    assert_eq!(Document::get(&db, some.id).await?.tags, None);
    Ok(())
}

//! Conflict keys in the forms in which SQLite keeps them, and lists of many keys.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use signals::model::Upserted::{Inserted, Updated};
use signals::{Db, Error, Model, Result};
use signals_test_behavior::{count, db, execute, kind, rows};
use uuid::Uuid;

/// A page whose time of creation is written by an update too.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "upserts_stored_page")]
struct Page {
    id: i64,
    #[model(unique)]
    path: String,
    #[model(auto_now_add)]
    created: DateTime<Utc>,
}

#[tokio::test]
async fn an_update_writes_the_time_of_creation_of_the_instance_however_it_is_made() -> Result<()> {
    let db = db().await;
    let created = DateTime::from_timestamp(1_600_000_000, 0).unwrap();
    let page = || Page { id: 0, path: "/".into(), created };
    page().create(&db).await?;
    assert_ne!(Page::objects().get(&db).await?.created, created, "an INSERT stamps it");
    page().save(&db).on_conflict([Page::PATH]).update([Page::CREATED]).await?;
    assert_eq!(Page::objects().get(&db).await?.created, created);
    Page::objects().update(&db, Page::CREATED.set(Utc::now())).await?;
    page().save(&db).on_conflict([Page::PATH]).update([Page::CREATED]).report().await?;
    assert_eq!(Page::objects().get(&db).await?.created, created);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "upserts_stored")]
struct Stamp {
    id: i64,
    #[model(unique)]
    plain: DateTime<Utc>,
    #[model(unique, sqlite = datetime)]
    text: DateTime<Utc>,
    #[model(unique, sqlite = unix_seconds)]
    seconds: DateTime<Utc>,
    #[model(unique, sqlite = unix_millis)]
    millis: DateTime<Utc>,
    #[model(unique, sqlite = julian_day)]
    days: DateTime<Utc>,
    #[model(unique, sqlite = hyphenated)]
    hyphenated: Uuid,
    #[model(unique, sqlite = simple)]
    simple: Uuid,
    size: i32,
}

/// A stamp whose keys are those of a number.
fn stamp(number: i64, size: i32) -> Stamp {
    let at = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap().and_hms_micro_opt(3, 4, 5, 678_901).unwrap().and_utc();
    let at = at + TimeDelta::days(number);
    let uuid = Uuid::from_u128(u128::try_from(number).unwrap() + (0x67e5_5044 << 96));
    Stamp { id: 0, plain: at, text: at, seconds: at, millis: at, days: at, hyphenated: uuid, simple: uuid, size }
}

/// The keys of one stamp, each in a stamp whose other keys are new.
fn with_each_key(of: &Stamp, new: i64) -> Vec<Stamp> {
    let new = |number: i64| stamp(new + number, 7);
    vec![
        Stamp { plain: of.plain, ..new(0) },
        Stamp { text: of.text, ..new(1) },
        Stamp { seconds: of.seconds, ..new(2) },
        Stamp { millis: of.millis, ..new(3) },
        Stamp { days: of.days, ..new(4) },
        Stamp { hyphenated: of.hyphenated, ..new(5) },
        Stamp { simple: of.simple, ..new(6) },
    ]
}

/// Upserts the stamp by the key of this number. Only with a report the row is looked for first.
async fn upsert(db: &Db, stamp: &mut Stamp, key: usize, is_reported: bool) -> Result<()> {
    let save = stamp.save(db);
    let upsert = match key {
        0 => save.on_conflict([Stamp::PLAIN]),
        1 => save.on_conflict([Stamp::TEXT]),
        2 => save.on_conflict([Stamp::SECONDS]),
        3 => save.on_conflict([Stamp::MILLIS]),
        4 => save.on_conflict([Stamp::DAYS]),
        5 => save.on_conflict([Stamp::HYPHENATED]),
        _ => save.on_conflict([Stamp::SIMPLE]),
    };
    let upsert = upsert.update_with(Stamp::SIZE.set(Stamp::SIZE + 1));
    if !is_reported {
        return upsert.await;
    }
    assert_eq!(upsert.report().await?, Updated, "{key}");
    Ok(())
}

#[tokio::test]
async fn a_row_is_found_by_a_key_in_its_own_form() -> Result<()> {
    let db = db().await;
    let mut old = stamp(1, 0).create(&db).await?;
    if kind().is_sqlite() {
        // As other programs write it; the `plain` form is that of sqlx.
        let values = "text = '2024-01-03 03:04:05.678901', seconds = 1704251045, millis = 1704251045678, \
            days = julianday('2024-01-03 03:04:05.678'), hyphenated = '67e55044-0000-0000-0000-000000000001', \
            simple = '67e55044000000000000000000000001'";
        execute(&db, format!("UPDATE upserts_stored SET {values}")).await;
        let wrong = count(&db, "SELECT COUNT(*) FROM upserts_stored WHERE typeof(text) <> 'text'").await;
        assert_eq!(wrong, 0);
    }
    old.refresh(&db).await?;
    for is_reported in [false, true] {
        for (key, mut again) in with_each_key(&stamp(1, 0), 10).into_iter().enumerate() {
            upsert(&db, &mut again, key, is_reported).await?;
            old.size += 1;
            assert_eq!((&again, rows(&db, "upserts_stored").await), (&old, 1), "{key}, {is_reported}");
        }
    }
    Ok(())
}

/// SQLite compares what is stored, as it is stored.
#[tokio::test]
async fn keys_are_compared_by_what_sqlite_stores() -> Result<()> {
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = db().await;
    // Both are the same second.
    let seconds = stamp(1, 1).seconds + TimeDelta::milliseconds(100);
    let list = || [stamp(1, 1), Stamp { seconds, ..stamp(2, 1) }];
    let mut stamps = list();
    let upsert = Stamp::bulk_create(&db, &mut stamps).on_conflict([Stamp::SECONDS]).update([Stamp::SIZE]);
    let error = upsert.await.unwrap_err();
    assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
    assert_eq!((stamps, rows(&db, "upserts_stored").await), (list(), 0));

    // A text in another form is another key, for the one statement and for the attempt.
    for (number, is_recorded) in [(1, false), (2, true)] {
        let id = stamp(number, 1).create(&db).await?.id;
        let sql = format!("UPDATE upserts_stored SET text = replace(text, ' ', 'T') || 'Z' WHERE id = {id}");
        execute(&db, sql).await;
        let _recording = is_recorded.then(|| db.record());
        let mut again = Stamp { text: stamp(number, 1).text, ..stamp(number + 100, 1) };
        let upsert = again.save(&db).on_conflict([Stamp::TEXT]).update([Stamp::SIZE]);
        if is_recorded {
            assert_eq!(upsert.report().await?, Inserted);
        } else {
            upsert.await?;
        }
        assert_eq!(rows(&db, "upserts_stored").await, 2 * number);
    }
    Ok(())
}

#[tokio::test]
async fn a_list_of_many_wide_keys_is_written_in_chunks() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_wide", unique(a, b, c, d, e, f, g, h))]
    struct Wide {
        id: i64,
        a: i32,
        b: i32,
        c: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        size: i64,
    }
    const ALL: i32 = 8000;
    let db = db().await;
    let wide = |a: i32| Wide { id: 0, a, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: a / 2, size: 1 };
    for (is_recorded, batch_size) in [(false, 1000), (false, 100_000), (true, 1000), (true, 100_000)] {
        execute(&db, "DELETE FROM upserts_wide").await;
        let _recording = is_recorded.then(|| db.record());
        for (range, updated) in [(0..ALL / 2, 0), (0..ALL, ALL / 2), (0..ALL, ALL)] {
            // In an order that is neither that of the keys nor that of the rows.
            let mut rows: Vec<Wide> = range.map(|number| wide((number * 7919) % ALL)).collect();
            let create = Wide::bulk_create(&db, &mut rows).batch_size(batch_size);
            let upsert = create.on_conflict([Wide::A, Wide::B, Wide::C, Wide::D, Wide::E, Wide::F, Wide::G, Wide::H]);
            let upsert = upsert.update_with(Wide::SIZE.set(Wide::SIZE * 2 + 1));
            if is_recorded {
                let report = upsert.report().await?;
                assert_eq!(report.iter().filter(|done| **done == Updated).count(), usize::try_from(updated).unwrap());
            } else {
                upsert.await?;
            }
            rows.sort_by_key(|row| row.id);
            let now = Wide::objects().order_by(Wide::ID.asc()).all(&db).await?;
            assert!(now == rows, "{is_recorded}, {batch_size}, {updated}");
        }
        for size in [3, 7] {
            let sql = format!("SELECT COUNT(*) FROM upserts_wide WHERE size = {size}");
            assert_eq!(count(&db, sql).await, i64::from(ALL / 2));
        }
    }
    Ok(())
}

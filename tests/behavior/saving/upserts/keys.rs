//! The keys by which an upsert finds its rows, and the columns that are not written.

use chrono::{DateTime, Utc};
use signals::model::Upserted::{Inserted, Kept, Updated};
use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, execute, kind, rows, texts};
use uuid::Uuid;

#[tokio::test]
async fn rows_are_found_by_any_unique_key_of_the_model() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_seat", unique(place, row))]
    struct Seat {
        id: i64,
        row: i32,
        place: i64,
        name: String,
    }
    let db = db().await;
    let seat = |id: i64, row: i32, place: i64, name: &str| Seat { id, row, place, name: name.into() };
    let mut first = seat(0, 1, 1, "a").create(&db).await?;
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let mut seats = [seat(0, 1, 2, "b"), seat(0, 1, 1, "c"), seat(0, 2, 1, "d")];
        let upsert = Seat::bulk_create(&db, &mut seats).on_conflict([Seat::ROW, Seat::PLACE]).update([Seat::NAME]);
        if is_recorded {
            assert_eq!(upsert.report().await?, [Updated; 3]);
        } else {
            upsert.await?;
        }
        assert_eq!((seats[1].id, rows(&db, "upserts_seat").await), (first.id, 3));

        // The primary key; an unset one is a new row, and a set one may be too.
        first.name = "e".into();
        let new = 1000 + i64::from(is_recorded);
        let mut seats = [first.clone(), seat(0, 10, new, "f"), seat(new, 11, new, "g")];
        let upsert = Seat::bulk_create(&db, &mut seats).on_conflict([Seat::ID]).update([Seat::NAME]);
        assert_eq!(upsert.report().await?, [Updated, Inserted, Inserted]);
        assert_eq!(Seat::get(&db, new).await?, seats[2]);
        assert_eq!(Seat::get(&db, seats[1].id).await?, seats[1]);
        assert_eq!(Seat::get(&db, first.id).await?, first);
        execute(&db, format!("DELETE FROM upserts_seat WHERE place >= {new}")).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_primary_key_is_a_conflict_key() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_composite")]
    struct Price {
        #[model(primary_key)]
        shop: i32,
        #[model(primary_key)]
        item: String,
        cents: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let price = |shop: i32, item: &str, cents: i64| Price { shop, item: item.into(), cents };
    price(1, "tea", 1).create(&db).await?;
    let upsert = async |cents: i64| {
        let mut prices = [price(2, "tea", cents), price(1, "tea", cents), price(1, "cup", cents)];
        Price::bulk_create(&db, &mut prices)
            .on_conflict([Price::ITEM, Price::SHOP])
            .update([Price::CENTS])
            .await
            .map(|()| prices)
    };
    let prices = upsert(2).await?;
    assert_eq!(Price::objects().filter(Price::CENTS.eq(2)).count(&db).await?, 3);
    let id = post_save.connect::<Price>("upserts.composite", |event| {
        LOG.record(format!("{}{} {}", event.instance.item, event.instance.shop, event.created))
    })?;
    assert_ne!(upsert(3).await?, prices);
    assert!(post_save.disconnect(id));
    assert_eq!(LOG.take(), ["cup1 false", "tea1 false", "tea2 false"]);
    Ok(())
}

#[tokio::test]
async fn null_conflicts_with_nothing() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_null", unique(country, code))]
    struct Area {
        id: i64,
        country: String,
        code: Option<i32>,
        #[model(unique)]
        nick: Option<String>,
        name: String,
    }
    let db = db().await;
    let area = |code: Option<i32>, nick: Option<&str>, name: &str| Area {
        id: 0,
        country: "at".into(),
        code,
        nick: nick.map(Into::into),
        name: name.into(),
    };
    let list = || [area(None, None, "a"), area(None, None, "b"), area(Some(1), Some("c"), "c")];
    let mut count = 0;
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        for ignores in [false, true] {
            let mut areas = list();
            let upsert = Area::bulk_create(&db, &mut areas).on_conflict([Area::NICK]);
            if ignores {
                upsert.ignore().await?;
            } else {
                upsert.update([Area::NAME]).await?;
            }
            let mut more = list();
            let upsert = Area::bulk_create(&db, &mut more).on_conflict([Area::COUNTRY, Area::CODE]);
            let there = if ignores { upsert.ignore().report() } else { upsert.update([Area::NAME]).report() }.await?;
            assert_eq!(there, [Inserted, Inserted, if ignores { Kept } else { Updated }]);
            assert_eq!(areas[2].id, more[2].id);
            assert!(areas.iter().chain(&more).all(|area| area.id > 0));
            count += 4;
            assert_eq!(rows(&db, "upserts_null").await, count + 1);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_exists_keeps_its_key_and_what_only_an_insert_writes() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_kept")]
    struct Page {
        id: Uuid,
        #[model(unique)]
        path: String,
        title: String,
        #[model(auto_now_add)]
        created: DateTime<Utc>,
        #[model(auto_now)]
        changed: DateTime<Utc>,
    }
    let db = db().await;
    let page = |path: &str, title: &str| {
        let never = DateTime::UNIX_EPOCH;
        Page { id: Uuid::nil(), path: path.into(), title: title.into(), created: never, changed: never }
    };
    let mut old = page("/", "old");
    old.save(&db).on_conflict([Page::PATH]).update([Page::TITLE, Page::CHANGED]).await?;
    assert!(!old.id.is_nil() && old.created > DateTime::UNIX_EPOCH && old.changed >= old.created);
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let mut again = page("/", "again");
        again.save(&db).on_conflict([Page::PATH]).update([Page::TITLE]).await?;
        assert_eq!(again, Page { title: "again".into(), ..old.clone() }, "`auto_now` is not among the columns");
        let mut pages = [page("/", "new"), page("/new", "new")];
        let upsert = Page::bulk_create(&db, &mut pages).on_conflict([Page::PATH]);
        upsert.update([Page::TITLE, Page::CHANGED]).await?;
        assert_eq!((pages[0].id, pages[0].created), (old.id, old.created));
        assert!(pages[0].changed > old.changed && pages[1].created > DateTime::UNIX_EPOCH);
        for page in &pages {
            assert_eq!(Page::get(&db, page.id).await?, *page);
        }
        old = pages[0].clone();
    }
    Ok(())
}

#[tokio::test]
async fn columns_that_the_database_fills_come_back() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_filled")]
    struct Line {
        id: i64,
        #[model(unique)]
        name: String,
        price: i64,
        amount: i64,
        #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (price * amount) STORED")]
        total: i64,
        #[model(db_default, default = 7)]
        stars: Option<i32>,
        #[model(insert_only)]
        author: String,
    }
    let db = db().await;
    let line = |name: &str, price: i64, stars: Option<i32>| Line {
        id: 0,
        name: name.into(),
        price,
        amount: 2,
        total: 0,
        stars,
        author: name.into(),
    };
    let mut old = line("old", 3, None);
    old.save(&db).on_conflict([Line::NAME]).update([Line::PRICE]).await?;
    assert_eq!((old.total, old.stars), (6, Some(7)));
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let mut lines = [line("old", 4, None), line(&format!("new {is_recorded}"), 5, Some(1))];
        lines[0].author = "another".into();
        lines[0].amount = 50;
        let upsert = Line::bulk_create(&db, &mut lines).on_conflict([Line::NAME]);
        assert_eq!(upsert.update([Line::PRICE, Line::STARS]).report().await?, [Updated, Inserted]);
        assert_eq!(lines[0], Line { price: 4, total: 8, ..old.clone() });
        assert_eq!((lines[1].total, lines[1].stars), (10, Some(1)));
        let mut kept = line("old", 9, Some(9));
        kept.save(&db).on_conflict([Line::NAME]).ignore().await?;
        assert_eq!(kept, lines[0]);
    }
    let refused = line("old", 4, None).save(&db).on_conflict([Line::NAME]).update([Line::AUTHOR]).await.unwrap_err();
    assert!(matches!(refused, Error::SaveOptions { .. }), "{refused}");
    Ok(())
}

/// MariaDB and MySQL name the index PRIMARY, and not its columns.
#[tokio::test]
async fn a_primary_key_that_is_taken_is_a_unique_violation_and_is_not_tried_again() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_taken", unique(room, place))]
    struct Desk {
        id: i64,
        #[model(unique)]
        owner: String,
        room: i32,
        place: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Desk)]
    fn before(instance: &Desk) {
        LOG.note(&instance.owner);
    }
    let db = db().await;
    let desk = |owner: &str, place: i32| Desk { id: 7, owner: owner.into(), room: 1, place };
    desk("ann", 1).save(&db).force_insert().quiet().await?;
    for is_composite in [false, true] {
        let mut bob = desk("bob", 2);
        let save = bob.save(&db);
        let upsert =
            if is_composite { save.on_conflict([Desk::ROOM, Desk::PLACE]) } else { save.on_conflict([Desk::OWNER]) };
        let error = upsert.ignore().await.unwrap_err();
        assert!(error.is_unique_violation() && error.find::<sqlx::Error>().is_some(), "{error}");
        assert_eq!((LOG.take(), bob), (vec!["bob".to_owned()], desk("bob", 2)));
    }
    assert_eq!(rows(&db, "upserts_taken").await, 1);
    Ok(())
}

/// The table is not one of `create_tables`, which compare the case of letters.
#[tokio::test]
async fn keys_are_compared_as_the_database_compares_them() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_case")]
    struct Tag {
        id: i64,
        #[model(unique, sql_type = "VARCHAR(80)")]
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Tag)]
    fn after(instance: &Tag, created: bool) {
        LOG.note(format!("{} {created}", instance.name));
    }
    let db = db().await;
    match kind() {
        Kind::Memory | Kind::File => {
            let columns = "id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, size INTEGER NOT NULL";
            execute(&db, format!("DROP TABLE upserts_case; CREATE TABLE upserts_case ({columns})")).await;
        }
        Kind::Postgres => {
            execute(
                &db,
                "CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                 ALTER TABLE upserts_case ALTER COLUMN name TYPE VARCHAR(80) COLLATE no_case",
            )
            .await;
        }
        Kind::Mysql => {
            let column = "name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL";
            execute(&db, format!("ALTER TABLE upserts_case MODIFY {column}")).await;
        }
    }
    let tag = |name: &str, size: i32| Tag { id: 0, name: name.into(), size };
    let rust = tag("Rust", 1).create(&db).quiet().await?;
    for quiet in [true, false] {
        let mut tags = [tag("go", 2), tag("rust", 2)];
        let upsert = Tag::bulk_create(&db, &mut tags).on_conflict([Tag::NAME]).update([Tag::SIZE]);
        if quiet {
            upsert.quiet().await?;
        } else {
            upsert.await?;
        }
        assert_eq!(tags[1], Tag { size: 2, ..rust.clone() }, "the instance is the row");
        let mut kept = tag("RUST", 9);
        kept.save(&db).on_conflict([Tag::NAME]).ignore().quiet().await?;
        assert_eq!(kept, tags[1]);
    }
    assert_eq!(LOG.take(), ["go false", "Rust false"]);

    let names = || texts(&db, "SELECT name FROM upserts_case ORDER BY id");
    for quiet in [true, false] {
        for same in [["rust", "RUST"], ["new", "NEW"]] {
            let mut tags = same.map(|name| tag(name, 3));
            let upsert = Tag::bulk_create(&db, &mut tags).on_conflict([Tag::NAME]).update([Tag::SIZE]);
            let error = if quiet { upsert.quiet().await } else { upsert.await }.unwrap_err();
            // Rows that are not there are compared only by the statement that writes them.
            let may_be_database = quiet || same[0] == "new";
            let is_known = matches!(error, Error::SaveOptions { .. });
            assert!(is_known || may_be_database && matches!(error, Error::Database { .. }), "{error}");
            assert_eq!((tags[0].id, names().await), (0, vec!["Rust".to_owned(), "go".into()]));
        }
    }
    assert_eq!(LOG.take(), [""; 0]);
    Ok(())
}

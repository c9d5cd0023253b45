//! Keys: a statement for one key writes only the row of that key, and "0 rows" does not mean "no such row".

use signals::{Db, Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, count, db, elsewhere, execute, kind, texts, url};

/// A database without tables, for schemas that this library did not make.
async fn bare() -> Db {
    Db::connect(&url().await).await.unwrap()
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_made")]
struct Made {
    id: i64,
    text: Option<String>,
}

fn made(text: &str) -> Made {
    Made { id: 0, text: Some(text.into()) }
}

#[tokio::test]
async fn a_key_that_sqlite_does_not_make_is_an_error_at_the_first_insert() -> Result<()> {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let tables = [
        ("(id INT PRIMARY KEY, text TEXT)", "`INT`"),
        ("(id BIGINT PRIMARY KEY, text TEXT)", "`BIGINT`"),
        ("(id INTEGER PRIMARY KEY DESC, text TEXT)", "DESC"),
        ("(id INTEGER UNIQUE, text TEXT)", "no PRIMARY KEY"),
        ("(id INTEGER, text TEXT, PRIMARY KEY (id, text))", "a part of the PRIMARY KEY"),
        ("(id INTEGER PRIMARY KEY, text TEXT) WITHOUT ROWID", "WITHOUT ROWID"),
    ];
    for (columns, named) in tables {
        let db = bare().await;
        execute(&db, format!("CREATE TABLE keys_made {columns}")).await;
        let inserts = [
            made("a").save(&db).await.unwrap_err(),
            made("a").save(&db).force_insert().await.unwrap_err(),
            Made::bulk_create(&db, &mut [made("a")]).await.unwrap_err(),
            Made::bulk_create(&db, &mut [made("a"), made("b")]).await.unwrap_err(),
            db.atomic(|tx| async move { made("a").save(&tx).await }).await.unwrap_err(),
        ];
        for error in inserts {
            assert!(
                matches!(error, Error::KeyNotGenerated { model: "Made", column: "id", .. }),
                "{columns}: {error:?}"
            );
            let shown = error.to_string();
            assert!(shown.contains(named) && shown.contains("`INTEGER PRIMARY KEY`"), "{columns}: {shown}");
        }
        assert_eq!(count(&db, "SELECT count(*) FROM keys_made").await, 0, "{columns}");
        // A key that the program sets is used.
        Made { id: 7, ..made("own") }.save(&db).await?;
        assert_eq!(Made::get(&db, 7).await?.text.as_deref(), Some("own"));
    }
    for columns in [
        "id INTEGER PRIMARY KEY, text TEXT",
        "text TEXT, id integer, PRIMARY KEY (id)",
        "id InTeGeR NOT NULL PRIMARY KEY ASC AUTOINCREMENT, text TEXT",
    ] {
        let db = bare().await;
        execute(&db, format!("CREATE TABLE keys_made ({columns})")).await;
        let mut rows = [made("a"), made("b")];
        rows[0].save(&db).await?;
        rows[1].save(&db).await?;
        assert_eq!((rows[0].id, rows[1].id, Made::get(&db, 2).await?), (1, 2, rows[1].clone()), "{columns}");
    }
    Ok(())
}

#[tokio::test]
async fn the_hidden_row_number_of_sqlite_can_be_the_key() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "keys_rowid")]
    struct Row {
        #[model(primary_key, column = "rowid")]
        id: i64,
        text: String,
    }
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = bare().await;
    execute(&db, "CREATE TABLE keys_rowid (text TEXT)").await;
    let mut row = Row { id: 0, text: "a".into() };
    row.save(&db).await?;
    row.text = "b".into();
    row.save(&db).await?;
    assert_eq!(
        (row.id, Row::get(&db, 1).await?, row.delete(&db).await?.rows()),
        (1, Row { id: 1, text: "b".into() }, 1)
    );
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_twice")]
struct Twice {
    id: i64,
    text: String,
}

async fn twice() -> Db {
    let db = bare().await;
    execute(&db, "CREATE TABLE keys_twice (id BIGINT NOT NULL, text VARCHAR(20) NOT NULL)").await;
    execute(&db, "INSERT INTO keys_twice VALUES (1, 'a'), (1, 'b'), (1, 'c'), (2, 'd')").await;
    db
}

async fn rows_of_twice(db: &Db) -> Vec<String> {
    texts(db, "SELECT text FROM keys_twice ORDER BY text").await
}

#[track_caller]
fn assert_not_unique<T: std::fmt::Debug>(outcome: Result<T>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::KeyNotUnique { model: "Twice", column: "id", rows: 3, .. }), "{error:?}");
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_altered")]
struct Altered {
    id: i64,
    text: String,
}

#[tokio::test]
async fn a_table_that_is_no_longer_unique_is_an_error_and_asked_again() -> Result<()> {
    let db = bare().await;
    execute(&db, "CREATE TABLE keys_altered (id BIGINT NOT NULL PRIMARY KEY, text VARCHAR(20) NOT NULL)").await;
    let mut one = Altered { id: 1, text: "a".into() };
    one.save(&db).force_insert().await?;
    one.save(&db).await?;
    execute(&db, "DROP TABLE keys_altered").await;
    execute(&db, "CREATE TABLE keys_altered (id BIGINT NOT NULL, text VARCHAR(20) NOT NULL)").await;
    execute(&db, "INSERT INTO keys_altered VALUES (1, 'a'), (1, 'b')").await;
    one.text = "x".into();
    let error = one.save(&db).await.unwrap_err();
    assert!(matches!(error, Error::KeyNotUnique { rows: 2, undone: false, .. }), "{error:?}");
    assert!(!error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(texts(&db, "SELECT text FROM keys_altered").await, ["x", "x"]);
    // The table was read again, so the next statements are undone.
    one.text = "y".into();
    let error = one.save(&db).await.unwrap_err();
    assert!(matches!(error, Error::KeyNotUnique { rows: 2, undone: true, .. }), "{error:?}");
    let error = one.delete(&db).quiet().await.unwrap_err();
    assert!(matches!(error, Error::KeyNotUnique { rows: 2, undone: true, .. }), "{error:?}");
    assert_eq!(texts(&db, "SELECT text FROM keys_altered").await, ["x", "x"]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_undone")]
struct Undone {
    id: i64,
}

#[tokio::test]
async fn facts_of_a_rolled_back_table_are_not_kept() -> Result<()> {
    // MySQL keeps a table that was created in a transaction, and PostgreSQL is not asked whether it generates
    // keys.
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = bare().await;
    let tx = db.begin().await?;
    tx.as_db()?.create_tables_of(|model| model.table() == "keys_undone").await?;
    Undone { id: 0 }.save(&tx).await?;
    tx.rollback().await?;
    execute(&db, "CREATE TABLE keys_undone (id BIGINT PRIMARY KEY)").await;
    let error = Undone { id: 0 }.save(&db).await.unwrap_err();
    assert!(matches!(error, Error::KeyNotGenerated { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_statement_for_one_key_that_reaches_more_rows_is_undone_and_an_error() -> Result<()> {
    let db = twice().await;
    let untouched = ["a", "b", "c", "d"];
    let mut one = Twice { id: 1, text: "x".into() };
    assert_not_unique(one.save(&db).await);
    assert_not_unique(one.save(&db).update_fields([Twice::TEXT]).await);
    assert_not_unique(one.save(&db).force_update().quiet().await);
    assert_not_unique(one.delete(&db).quiet().await);
    assert_not_unique(one.delete(&db).await);
    assert_not_unique(Twice::bulk_update(&db, &mut [one.clone()], [Twice::TEXT]).await);
    assert_not_unique(Twice::bulk_delete(&db, &[one.clone()]).await);
    assert_eq!(rows_of_twice(&db).await, untouched);
    // The caller's transaction goes on without the statement.
    let tx = db.begin().await?;
    let mut other = Twice { id: 2, text: "z".into() };
    other.save(&tx).await?;
    assert_not_unique(one.save(&tx).await);
    assert_not_unique(one.delete(&tx).await);
    assert_not_unique(Twice::bulk_update(&tx, &mut [one.clone()], [Twice::TEXT]).await);
    tx.commit().await?;
    assert_eq!(rows_of_twice(&db).await, ["a", "b", "c", "z"]);
    // A key of one row is written as ever, and a new one is inserted.
    assert_eq!(other.delete(&db).await?.rows(), 1);
    Twice { id: 3, text: "e".into() }.save(&db).await?;
    assert_eq!(rows_of_twice(&db).await, ["a", "b", "c", "e"]);
    Ok(())
}

#[tokio::test]
async fn whether_the_key_is_unique_is_asked_once_of_each_database() -> Result<()> {
    // Only the second index makes this column unique; an index of two columns, or of some rows, does not.
    let db = twice().await;
    execute(&db, "DELETE FROM keys_twice WHERE text IN ('b', 'c')").await;
    execute(&db, "CREATE UNIQUE INDEX keys_twice_two ON keys_twice (id, text)").await;
    if kind() != Kind::Mysql {
        execute(&db, "CREATE UNIQUE INDEX keys_twice_some ON keys_twice (id) WHERE id > 100").await;
    }
    execute(&db, "INSERT INTO keys_twice VALUES (1, 'b'), (1, 'c')").await;
    assert_not_unique(Twice { id: 1, text: "x".into() }.delete(&db).await);
    // Another database of the same program is asked separately.
    let other = bare().await;
    execute(&other, "CREATE TABLE keys_twice (id BIGINT NOT NULL, text VARCHAR(20) NOT NULL)").await;
    execute(&other, "CREATE UNIQUE INDEX keys_twice_one ON keys_twice (id)").await;
    let mut row = Twice { id: 1, text: "a".into() };
    row.save(&other).await?;
    row.text = "b".into();
    row.save(&other).await?;
    assert_eq!(rows_of_twice(&other).await, ["b"]);
    assert_not_unique(row.delete(&db).await);
    row.save(&other).await?;
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_code")]
struct Code {
    #[model(primary_key)]
    code: String,
    n: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "keys_use")]
struct Use {
    id: i64,
    #[model(references = Code, on_delete = cascade)]
    code: String,
}

/// Everything that is done by a key, with the key as it was given and as the database gives it back.
async fn by_key(db: &Db, given: &str, stored: &str) -> Result<()> {
    let mut first = Code { code: given.into(), n: 1 };
    first.save(db).await?;
    first.n = 2;
    first.save(db).await?;
    assert_eq!(count(db, "SELECT count(*) FROM keys_code").await, 1, "the second save is an UPDATE");
    let mut read = Code::get(db, given).await?;
    assert_eq!((read.code.as_str(), read.n), (stored, 2));
    assert_eq!(Code::get(db, stored).await?, read);
    assert_eq!(Code::find(db, stored).await?.as_ref(), Some(&read));
    read.n = 3;
    read.save(db).await?;
    read.save(db).update_fields([Code::N]).await?;
    first.refresh(db).await?;
    assert_eq!(first, read);
    for code in [given, stored] {
        assert_eq!(Code::objects().filter(Code::CODE.eq(code)).count(db).await?, 1, "{code}");
        assert_eq!(Code::objects().filter(Code::CODE.in_([code, "none"])).count(db).await?, 1, "{code}");
        assert_eq!(Code::objects().exclude(Code::CODE.eq(code)).count(db).await?, 0, "{code}");
    }
    read.n = 4;
    Code::bulk_update(db, &mut [read.clone()], [Code::N]).await?;
    let mut other = Code { code: "zz".into(), n: 0 };
    other.save(db).await?;
    Code::bulk_update(db, &mut [read.clone(), Code::get(db, "zz").await?], [Code::N]).await?;
    Code::objects().filter(Code::CODE.eq(stored)).update(db, [Code::N.set(5)]).await?;
    assert_eq!(Code::get(db, given).await?.n, 5);
    Use { id: 0, code: stored.into() }.save(db).await?;
    // Both of the row and what references it, each once.
    assert_eq!(Code { code: stored.into(), n: 0 }.delete(db).await?.rows(), 2);
    assert_eq!(Code::bulk_delete(db, &[other]).await?.rows(), 1);
    for code in [given, stored] {
        let mut again = Code { code: code.into(), n: 1 };
        again.save(db).await?;
        assert_eq!(Code { code: stored.into(), n: 0 }.delete(db).await?.rows(), 1, "{code}");
    }
    assert_eq!(count(db, "SELECT count(*) FROM keys_code").await, 0);
    Ok(())
}

/// A type whose texts are the same key in any case.
async fn folded() -> &'static str {
    let sql_type = match kind() {
        Kind::Postgres => "public.citext",
        Kind::Mysql => "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        Kind::Memory | Kind::File => "TEXT COLLATE NOCASE",
    };
    if kind() == Kind::Postgres {
        let sql = "SELECT pg_advisory_lock(7); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; SELECT pg_advisory_unlock(7)";
        execute(&bare().await, sql).await;
    }
    sql_type
}

/// Works as [`bare`]. In PostgreSQL, it has the operators of extensions, which the search path finds.
async fn extended() -> Db {
    let place = if kind() == Kind::Postgres { ",public" } else { "" };
    Db::connect(&(url().await + place)).await.unwrap()
}

async fn codes(sql_type: &str) -> Db {
    let db = extended().await;
    let key = match kind() {
        Kind::Postgres => "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        Kind::Mysql => "BIGINT AUTO_INCREMENT PRIMARY KEY",
        Kind::Memory | Kind::File => "INTEGER PRIMARY KEY",
    };
    execute(&db, format!("CREATE TABLE keys_code (code {sql_type} PRIMARY KEY, n BIGINT NOT NULL)")).await;
    execute(&db, format!("CREATE TABLE keys_use (id {key}, code {sql_type} NOT NULL)")).await;
    db
}

#[tokio::test]
async fn a_padded_key_finds_its_row() -> Result<()> {
    let stored = if kind() == Kind::Postgres { "ab  " } else { "ab" };
    by_key(&codes("CHAR(4)").await, "ab", stored).await
}

#[tokio::test]
async fn a_folded_key_finds_its_row() -> Result<()> {
    let db = codes(folded().await).await;
    let mut row = Code { code: "Ann".into(), n: 1 };
    row.save(&db).await?;
    let mut other = Code { code: "ANN".into(), n: 2 };
    other.save(&db).await?;
    assert_eq!(count(&db, "SELECT count(*) FROM keys_code").await, 1, "it is the same key");
    other.refresh(&db).await?;
    assert_eq!(other, Code { code: "Ann".into(), n: 2 });
    row.delete(&db).await?;
    by_key(&db, "Ann", "Ann").await?;
    assert_eq!(Code { code: "Bob".into(), n: 1 }.save(&db).await.map(|()| 0)?, 0);
    assert_eq!(Code::get(&db, "bOB").await?.code, "Bob");
    assert_eq!(Code { code: "BOB".into(), n: 1 }.delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn a_folded_or_padded_key_has_the_row_as_it_was() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "keys_seen")]
    struct Seen {
        #[model(primary_key)]
        code: String,
        n: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Seen)]
    fn told(instance: &Seen, previous: Option<&Seen>) {
        LOG.note(format!("{} {:?}", instance.n, previous.map(|row| row.n)));
    }
    let seen = |code: &str, n| Seen { code: code.into(), n };
    for (sql_type, stored, given) in [("CHAR(4)", "ab", "ab"), (folded().await, "Ann", "ANN")] {
        let db = extended().await;
        execute(&db, format!("CREATE TABLE keys_seen (code {sql_type} PRIMARY KEY, n BIGINT NOT NULL)")).await;
        Seen::bulk_create(&db, &mut [seen(stored, 1), seen("zz", 2)]).quiet().await?;
        // In another order than that of the keys.
        Seen::bulk_update(&db, &mut [seen("zz", 20), seen(given, 10)], [Seen::N]).await?;
        assert_eq!(LOG.take(), ["20 Some(2)", "10 Some(1)", "20 Some(2)", "10 Some(1)"], "{sql_type}");
        seen(given, 11).save(&db).await?;
        assert_eq!(LOG.take(), ["11 Some(10)", "11 Some(10)"], "{sql_type}");
        let mut rows = [seen(given, 0), seen("none", 0)];
        for quiet in [false, true] {
            let update = Seen::bulk_update(&db, &mut rows, [Seen::N]);
            let missing = if quiet { update.quiet().await } else { update.await }.unwrap_err();
            assert!(matches!(&missing, Error::NotUpdated { key, .. } if key == "none"), "{sql_type}: {missing:?}");
        }
        LOG.take();
    }
    Ok(())
}

#[tokio::test]
async fn an_update_that_found_no_row_and_a_key_that_is_taken_say_what_was_tried() -> Result<()> {
    let db = bare().await;
    let skip = match kind() {
        Kind::Memory | Kind::File => {
            "CREATE TRIGGER keys_skip BEFORE UPDATE ON keys_code BEGIN SELECT raise(IGNORE); END".to_owned()
        }
        Kind::Postgres => "CREATE FUNCTION keys_skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
                           CREATE TRIGGER keys_skip BEFORE UPDATE ON keys_code FOR EACH ROW EXECUTE FUNCTION keys_skip()"
            .to_owned(),
        // A trigger of MySQL cannot skip a row.
        Kind::Mysql => return Ok(()),
    };
    execute(&db, "CREATE TABLE keys_code (code VARCHAR(20) PRIMARY KEY, n BIGINT NOT NULL UNIQUE)").await;
    execute(&db, skip).await;
    let mut row = Code { code: "ab".into(), n: 1 };
    row.save(&db).await?;
    row.n = 2;
    let error = row.save(&db).await.unwrap_err();
    let Error::KeyTaken { model: "Code", key, .. } = &error else { panic!("{error:?}") };
    assert_eq!(key, "ab");
    assert!(error.is_unique_violation());
    let shown = error.to_string();
    assert!(shown.contains("UPDATE") && shown.contains("INSERT") && shown.contains("trigger"), "{shown}");
    // A forced UPDATE alone cannot find out that no row exists.
    let error = row.save(&db).force_update().await.unwrap_err();
    assert!(matches!(&error, Error::WriteSkipped { model: "Code", key } if key == "ab"), "{error:?}");
    let error = Code { code: "none".into(), n: 9 }.save(&db).force_update().await.unwrap_err();
    assert!(matches!(&error, Error::NotUpdated { .. }), "{error:?}");
    // A violation of another unique column is not a taken key.
    let error = Code { code: "new".into(), n: 1 }.save(&db).await.unwrap_err();
    assert!(matches!(&error, Error::Database { .. }) && error.is_unique_violation(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_view_whose_trigger_writes_elsewhere_is_an_error_with_the_attempt() -> Result<()> {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = bare().await;
    execute(
        &db,
        "CREATE TABLE base (code TEXT PRIMARY KEY, n INTEGER NOT NULL); CREATE VIEW keys_code AS SELECT * FROM base; \
         CREATE TRIGGER keys_insert INSTEAD OF INSERT ON keys_code BEGIN INSERT INTO base VALUES (new.code, new.n); END; \
         CREATE TRIGGER keys_update INSTEAD OF UPDATE ON keys_code BEGIN UPDATE base SET n = new.n WHERE code = old.code; END",
    )
    .await;
    let mut row = Code { code: "ab".into(), n: 1 };
    row.save(&db).await?;
    row.n = 2;
    let error = row.save(&db).await.unwrap_err();
    assert!(error.to_string().contains("the UPDATE matched no row"), "{error}");
    assert!(error.is_unique_violation(), "{error}");
    // The statement is undone with the error.
    assert_eq!(count(&db, "SELECT n FROM base").await, 1);
    let error = row.save(&db).force_update().await.unwrap_err();
    assert!(matches!(error, Error::WriteSkipped { .. }), "{error:?}");
    assert_eq!(count(&db, "SELECT n FROM base").await, 1);
    Ok(())
}

#[tokio::test]
async fn trailing_spaces_count_in_a_key_of_a_text_column() -> Result<()> {
    let db = db().await;
    let mut row = Code { code: "ab".into(), n: 1 };
    row.save(&db).await?;
    assert_eq!(Code::get(&db, "ab").await?, row);
    assert_eq!(Code::get(&db, "ab ").await.is_err(), kind() != Kind::Mysql);
    Ok(())
}

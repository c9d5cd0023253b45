use signals::db::Backend;
use signals::model::{Entity as _, PrimaryKey as _};
use signals::{Db, Error, Model, Result};
use sqlx::types::Decimal;

use crate::support::{is_own, server};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_counter")]
struct Counter {
    id: i64,
    hits: u64,
    misses: Option<u32>,
    average: Decimal,
}

// PostgreSQL has no unsigned numbers, and SQLite neither a `u64` nor decimals.
#[tokio::test]
async fn unsigned_numbers_and_decimals_are_columns_of_mysql() -> Result<()> {
    let types: Vec<_> = Counter::meta().columns().iter().map(|it| it.sql_type_on(Backend::Mysql)).collect();
    assert_eq!(types, ["BIGINT", "BIGINT UNSIGNED", "INT UNSIGNED", "DECIMAL(65, 28)"]);

    let db = Db::connect(&server("SIGNALS_TEST_MYSQL_URL")?).await?;
    sqlx::query("CREATE DATABASE IF NOT EXISTS one_backend").execute(db.mysql()?).await?;
    let db = Db::connect(&format!("{}/one_backend", server("SIGNALS_TEST_MYSQL_URL")?)).await?;
    sqlx::query("DROP TABLE IF EXISTS one_backend_counter").execute(db.mysql()?).await?;
    db.create_tables_of(is_own).await?;
    let mut counter = Counter { id: 0, hits: u64::MAX, misses: Some(u32::MAX), average: Decimal::new(25, 1) };
    counter.save(&db).await?;
    assert_eq!(Counter::get(&db, counter.id).await?, counter);
    Counter { id: 0, hits: 1, misses: None, average: Decimal::new(1, 0) }.save(&db).await?;
    let counters = Counter::objects();
    assert!(matches!(counters.sum(&db, Counter::HITS).await, Err(Error::SumOutOfRange { field: "hits", .. })));
    assert_eq!(counters.sum(&db, Counter::MISSES).await?, Some(i64::from(u32::MAX)));
    assert_eq!(counters.sum(&db, Counter::AVERAGE).await?, Some(Decimal::new(35, 1)));
    assert_eq!(counters.avg(&db, Counter::AVERAGE).await?, Some(Decimal::new(175, 2)));
    assert_eq!(counters.max(&db, Counter::HITS).await?, Some(u64::MAX));
    sqlx::query("DROP DATABASE one_backend").execute(db.mysql()?).await?;
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_language")]
struct Language {
    id: u8,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_film")]
struct Film {
    id: u16,
    #[model(references = Language, on_delete = cascade)]
    language_id: u8,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_copy")]
struct Copy {
    id: uuid::fmt::Hyphenated,
    #[model(references = Film, on_delete = cascade)]
    film_id: u16,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_rental")]
struct Rental {
    id: u64,
    #[model(references = Copy, on_delete = cascade)]
    copy_id: uuid::fmt::Hyphenated,
}

#[tokio::test]
async fn unsigned_numbers_and_uuids_as_text_are_keys_of_mysql() -> Result<()> {
    let db = Db::connect(&server("SIGNALS_TEST_MYSQL_URL")?).await?;
    sqlx::query("CREATE DATABASE IF NOT EXISTS one_backend_keys").execute(db.mysql()?).await?;
    let db = Db::connect(&format!("{}/one_backend_keys", server("SIGNALS_TEST_MYSQL_URL")?)).await?;
    // As other programs make them.
    for table in [
        "CREATE TABLE one_backend_language (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL)",
        "CREATE TABLE one_backend_film (id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, \
         language_id TINYINT UNSIGNED NOT NULL REFERENCES one_backend_language (id))",
        "CREATE TABLE one_backend_copy (id CHAR(36) PRIMARY KEY, \
         film_id SMALLINT UNSIGNED NOT NULL REFERENCES one_backend_film (id))",
        "CREATE TABLE one_backend_rental (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, \
         copy_id CHAR(36) NOT NULL REFERENCES one_backend_copy (id))",
    ] {
        sqlx::query(table).execute(db.mysql()?).await?;
    }
    db.create_tables_of(is_own).await?;

    let english = Language { id: 0, name: "English".into() }.create(&db).await?;
    let film = Film { id: 0, language_id: english.id }.create(&db).await?;
    let copy = Copy { id: uuid::Uuid::nil().hyphenated(), film_id: film.id }.create(&db).await?;
    assert_eq!((english.id, film.id, copy.id.as_uuid().get_version_num()), (1, 1, 7));
    let rental = Rental { id: u64::MAX, copy_id: copy.id }.create(&db).await?;
    assert_eq!(Rental::get(&db, u64::MAX).await?, rental);
    assert_eq!(rental.id.key().map(|key| key.to_string()), Some(u64::MAX.to_string()));
    let next = "ALTER TABLE one_backend_rental AUTO_INCREMENT = 9223372036854775809";
    sqlx::query("DELETE FROM one_backend_rental").execute(db.mysql()?).await?;
    sqlx::query(next).execute(db.mysql()?).await?;
    let mut made = [0, 0, 0].map(|id| Rental { id, copy_id: copy.id });
    made[0].save(&db).await?;
    Rental::bulk_create(&db, &mut made[1..]).await?;
    let first = u64::try_from(i64::MAX).unwrap_or_default() + 2;
    assert_eq!(made.each_ref().map(|rental| rental.id), [first, first + 1, first + 2]);
    Rental::bulk_delete(&db, &made[..2]).await?;
    assert_eq!(Copy::get(&db, copy.id).await?, copy);
    assert_eq!(english.delete(&db).await?.rows(), 4);
    sqlx::query("DROP DATABASE one_backend_keys").execute(db.mysql()?).await?;
    Ok(())
}

#[tokio::test]
async fn the_tables_of_unsigned_keys_are_created_with_them() -> Result<()> {
    let db = Db::connect(&server("SIGNALS_TEST_MYSQL_URL")?).await?;
    sqlx::query("CREATE DATABASE IF NOT EXISTS one_backend_made").execute(db.mysql()?).await?;
    let db = Db::connect(&format!("{}/one_backend_made", server("SIGNALS_TEST_MYSQL_URL")?)).await?;
    db.create_tables_of(is_own).await?;
    for expected in [1, 2] {
        let language = Language { id: 0, name: "English".into() }.create(&db).await?;
        assert_eq!(language.id, expected);
        assert_eq!(Film { id: 0, language_id: language.id }.create(&db).await?.id, u16::from(expected));
    }
    sqlx::query("DROP DATABASE one_backend_made").execute(db.mysql()?).await?;
    Ok(())
}

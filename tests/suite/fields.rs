//! What `#[derive(Model)]` takes: keys, types, names and times, each saved and loaded.

mod keys;
mod names;
mod times;
mod types;

use signals::{Model, Result};

use crate::support::db;

/// What the database says of one column: its type, whether it is NOT NULL, its default, whether it is the key.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Defined {
    name: String,
    r#type: String,
    notnull: bool,
    dflt_value: Option<String>,
    pk: bool,
}

async fn defined(db: &signals::Db, table: &str) -> Result<Vec<Defined>> {
    let query = sqlx::query_as("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)");
    Ok(query.bind(table).fetch_all(db.sqlite()?).await?)
}

fn column(name: &str, r#type: &str, notnull: bool) -> Defined {
    Defined { name: name.into(), r#type: r#type.into(), notnull, dflt_value: None, pk: false }
}

#[tokio::test]
async fn create_tables_makes_what_the_attributes_say() -> Result<()> {
    #[derive(Model)]
    #[model(table = "fields_defined")]
    struct Defines {
        id: i64,
        #[model(unique)]
        email: String,
        nickname: Option<String>,
        #[model(column = "birth_year", index)]
        born: i32,
        #[model(sql_type = "VARCHAR(8)")]
        code: String,
        #[model(default = 3)]
        tries: i64,
        #[model(default = -1.5)]
        balance: f64,
        #[model(default = "it's new")]
        state: String,
        #[model(default = true)]
        active: bool,
        #[model(default = sql("CURRENT_TIMESTAMP"))]
        since: String,
        #[model(skip)]
        cache: Vec<fn() -> u8>,
    }

    let db = db().await;
    let default = |sql: &str, column: Defined| Defined { dflt_value: Some(sql.into()), ..column };
    let expected = [
        Defined { pk: true, ..column("id", "INTEGER", true) },
        column("email", "TEXT", true),
        column("nickname", "TEXT", false),
        column("birth_year", "INTEGER", true),
        column("code", "VARCHAR(8)", true),
        default("3", column("tries", "INTEGER", true)),
        default("-1.5", column("balance", "REAL", true)),
        default("'it''s new'", column("state", "TEXT", true)),
        default("TRUE", column("active", "BOOLEAN", true)),
        default("CURRENT_TIMESTAMP", column("since", "TEXT", true)),
    ];
    assert_eq!(defined(&db, "fields_defined").await?, expected);

    // A default is the database's, for rows that others insert: a save writes every column.
    sqlx::query("INSERT INTO fields_defined (email, birth_year, code) VALUES ('a@b', 1970, 'x')")
        .execute(db.sqlite()?)
        .await?;
    let row = Defines::get(&db, 1).await?;
    assert_eq!((row.tries, row.state.as_str(), row.active, row.nickname), (3, "it's new", true, None));
    assert!((row.balance + 1.5).abs() < f64::EPSILON && row.since.starts_with("20") && row.born == 1970);
    assert!(row.cache.is_empty());
    Ok(())
}

#[tokio::test]
async fn unique_columns_and_indexes_are_in_the_database() -> Result<()> {
    #[derive(Model)]
    #[model(table = "fields_indexed")]
    struct Indexed {
        id: i64,
        #[model(unique)]
        name: String,
        #[model(index)]
        year: i32,
        #[model(index, unique)]
        both: i32,
    }
    let db = db().await;
    let indexes: Vec<(bool, String)> = sqlx::query_as(
        "SELECT list.\"unique\", info.name FROM pragma_index_list('fields_indexed') list, \
         pragma_index_info(list.name) info ORDER BY info.name",
    )
    .fetch_all(db.sqlite()?)
    .await?;
    let expected = [(true, "both"), (true, "name"), (false, "year")].map(|(unique, name)| (unique, name.to_owned()));
    assert_eq!(indexes, expected);
    Indexed { id: 0, name: "a".into(), year: 1, both: 1 }.save(&db).await?;
    assert!(Indexed { id: 0, name: "a".into(), year: 1, both: 2 }.save(&db).await.is_err());
    // Making the tables again changes nothing.
    db.create_tables().await?;
    assert_eq!(Indexed::get(&db, 1).await?.both, 1);
    Ok(())
}

#[tokio::test]
async fn a_skipped_field_is_no_column_and_is_its_default_when_loaded() -> Result<()> {
    /// It has no `Clone`, no `Debug`, and nothing of sqlx's.
    #[derive(Default)]
    struct Opaque {
        filled: bool,
    }
    #[derive(Model)]
    #[model(table = "fields_skipped")]
    struct Cached {
        id: i64,
        #[model(skip)]
        cache: Opaque,
        text: String,
    }
    let db = db().await;
    let mut cached = Cached { id: 0, cache: Opaque { filled: true }, text: "a".into() };
    cached.save(&db).await?;
    assert!(cached.cache.filled);
    assert!(!Cached::get(&db, cached.id).await?.cache.filled);
    let loaded: Cached = sqlx::query_as("SELECT id, text FROM fields_skipped").fetch_one(db.sqlite()?).await?;
    assert_eq!((loaded.id, loaded.text.as_str(), loaded.cache.filled), (1, "a", false));
    cached.refresh(&db).await?;
    assert!(!cached.cache.filled);
    assert_eq!(<Cached as signals::Entity>::meta().columns().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_model_is_loaded_by_plain_sqlx() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "fields_plain_sqlx")]
    struct City {
        id: i64,
        #[model(column = "full name")]
        name: String,
        people: Option<u32>,
    }
    let db = db().await;
    let mut cities =
        [("Ålesund", Some(67_000)), ("Nowhere", None)].map(|(name, people)| City { id: 0, name: name.into(), people });
    for city in &mut cities {
        city.save(&db).await?;
    }
    let all: Vec<City> = sqlx::query_as("SELECT * FROM fields_plain_sqlx ORDER BY id").fetch_all(db.sqlite()?).await?;
    assert_eq!(all, cities);
    // Also in a transaction, in any order of the columns, beside columns that the model does not have.
    let tx = db.begin().await?;
    let one: City = sqlx::query_as("SELECT 1 AS more, people, \"full name\", id FROM fields_plain_sqlx WHERE id = 2")
        .fetch_one(&mut *tx.sqlite().await?)
        .await?;
    assert_eq!(one, cities[1]);
    tx.rollback().await?;
    let missing = sqlx::query_as::<_, City>("SELECT id FROM fields_plain_sqlx").fetch_one(db.sqlite()?).await;
    assert!(matches!(missing, Err(sqlx::Error::ColumnNotFound(column)) if column == "full name"));
    Ok(())
}

#[tokio::test]
async fn loading_what_is_not_there_is_told_apart() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "fields_missing")]
    struct Missing {
        id: i64,
        text: String,
    }
    let db = db().await;
    let error = Missing::get(&db, 77).await.unwrap_err();
    assert!(matches!(&error, signals::Error::DoesNotExist { model: "Missing", key } if key == "77"), "{error}");
    assert!(Missing::find(&db, 77).await?.is_none());
    let mut missing = Missing { id: 77, text: "kept".into() };
    assert!(matches!(missing.refresh(&db).await, Err(signals::Error::DoesNotExist { .. })));
    assert_eq!(missing.text, "kept");
    let unset = Missing { id: 0, text: String::new() }.refresh(&db).await;
    assert!(matches!(unset, Err(signals::Error::KeyMissing { operation: "refresh", .. })));
    Ok(())
}

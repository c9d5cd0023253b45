//! The fields of `#[derive(Model)]`: keys, types, names and times, each saved and loaded.

mod filled;
mod key_types;
mod keys;
mod names;
mod stored;
mod times;
mod types;
mod wide;

use signals::{Model, Result};
use signals_test_behavior::{Kind, db, execute, kind, quoted, read, read_in, texts};

/// The database's description of a column: its type, whether it is NOT NULL, its default, whether it is the
/// key.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Defined {
    name: String,
    r#type: String,
    notnull: bool,
    dflt_value: Option<String>,
    pk: bool,
}

async fn defined(db: &signals::Db, table: &str) -> Result<Vec<Defined>> {
    let sql = match kind() {
        Kind::Memory | Kind::File => {
            format!("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')")
        }
        Kind::Postgres => format!(
            "SELECT attname::TEXT AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS notnull, \
             pg_get_expr(adbin, adrelid) AS dflt_value, COALESCE(indisprimary, false) AS pk \
             FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
             LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary AND attnum = ANY(indkey) \
             WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum"
        ),
        // MariaDB reports the default as SQL, and NULL if there is none; MySQL reports its value.
        Kind::Mysql => format!(
            "SELECT column_name AS name, is_nullable = 'NO' AS notnull, column_key = 'PRI' AS pk, \
             IF(data_type = 'varchar', column_type, data_type) AS type, \
             REPLACE(TRIM(BOTH '''' FROM NULLIF(column_default, 'NULL')), '''''', '''') AS dflt_value \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{table}' \
             ORDER BY ordinal_position"
        ),
    };
    Ok(read(db, sql).await?)
}

fn column(name: &str, r#type: &str, notnull: bool) -> Defined {
    Defined { name: name.into(), r#type: r#type.into(), notnull, dflt_value: None, pk: false }
}

fn key(name: &str, r#type: &str) -> Defined {
    Defined { pk: true, ..column(name, r#type, true) }
}

fn with_default(name: &str, r#type: &str, sql: &str) -> Defined {
    Defined { dflt_value: Some(sql.into()), ..column(name, r#type, true) }
}

#[tokio::test]
async fn texts_that_are_unique_together_are_short_where_a_key_needs_that() -> Result<()> {
    #[derive(Model)]
    #[model(table = "fields_together", unique(owner, slug))]
    struct Page {
        id: i64,
        owner: i64,
        slug: String,
        text: String,
    }
    let db = db().await;
    let types: Vec<_> = defined(&db, "fields_together").await?.into_iter().map(|column| column.r#type).collect();
    let expected = match kind() {
        Kind::Memory | Kind::File => ["TEXT", "TEXT"],
        Kind::Postgres => ["text", "text"],
        Kind::Mysql => ["varchar(255)", "longtext"],
    };
    assert_eq!(types[2..], expected);
    let page = |text: &str| Page { id: 0, owner: 1, slug: "home".into(), text: text.into() };
    page("first").save(&db).await?;
    assert!(page("second").save(&db).await.is_err());
    Ok(())
}

#[tokio::test]
async fn an_index_of_several_columns_has_them_in_order() -> Result<()> {
    #[derive(Model)]
    #[model(table = "fields_indexed_together", index((state, due_at), (due_at, state)))]
    struct Job {
        id: i64,
        due_at: i64,
        state: String,
    }
    let db = db().await;
    // Once more, because an existing index is not created again.
    db.create_tables_of(|model| model.table() == "fields_indexed_together").await?;
    let sql = match kind() {
        Kind::Memory | Kind::File => {
            "SELECT (SELECT group_concat(name) FROM pragma_index_info(list.name)) FROM pragma_index_list('fields_indexed_together') AS list ORDER BY 1"
        }
        Kind::Postgres => {
            "SELECT replace(substring(indexdef FROM '\\((.*)\\)'), ', ', ',') FROM pg_indexes \
             WHERE schemaname = current_schema() AND tablename = 'fields_indexed_together' AND indexname NOT LIKE '%pkey' ORDER BY 1"
        }
        Kind::Mysql => {
            "SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'fields_indexed_together' AND INDEX_NAME <> 'PRIMARY' GROUP BY INDEX_NAME ORDER BY 1"
        }
    };
    assert_eq!(texts(&db, sql).await, ["due_at,state", "state,due_at"]);
    Ok(())
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
    let expected = match kind() {
        Kind::Memory | Kind::File => [
            key("id", "INTEGER"),
            column("email", "TEXT", true),
            column("nickname", "TEXT", false),
            column("birth_year", "INTEGER", true),
            column("code", "VARCHAR(8)", true),
            with_default("tries", "INTEGER", "3"),
            with_default("balance", "REAL", "-1.5"),
            with_default("state", "TEXT", "'it''s new'"),
            with_default("active", "BOOLEAN", "TRUE"),
            with_default("since", "TEXT", "CURRENT_TIMESTAMP"),
        ],
        Kind::Postgres => [
            key("id", "bigint"),
            column("email", "text", true),
            column("nickname", "text", false),
            column("birth_year", "integer", true),
            column("code", "character varying(8)", true),
            with_default("tries", "bigint", "3"),
            with_default("balance", "double precision", "'-1.5'::numeric"),
            with_default("state", "text", "'it''s new'::text"),
            with_default("active", "boolean", "true"),
            with_default("since", "text", "CURRENT_TIMESTAMP"),
        ],
        Kind::Mysql => [
            key("id", "bigint"),
            // An index and a default need the maximum length of a text.
            column("email", "varchar(255)", true),
            column("nickname", "longtext", false),
            column("birth_year", "int", true),
            column("code", "varchar(8)", true),
            with_default("tries", "bigint", "3"),
            with_default("balance", "double", "-1.5"),
            with_default("state", "varchar(255)", "it's new"),
            with_default("active", "tinyint", "1"),
            with_default("since", "varchar(255)", "current_timestamp()"),
        ],
    };
    assert_eq!(defined(&db, "fields_defined").await?, expected);

    // A default is the database's, for rows that others insert: a save writes every column.
    execute(&db, "INSERT INTO fields_defined (email, birth_year, code) VALUES ('a@b', 1970, 'x')").await;
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
    let indexes = match kind() {
        Kind::Memory | Kind::File => {
            "SELECT CASE list.\"unique\" WHEN 1 THEN 'unique ' ELSE '' END || info.name \
             FROM pragma_index_list('fields_indexed') list, pragma_index_info(list.name) info ORDER BY info.name"
        }
        Kind::Postgres => {
            "SELECT CASE WHEN indisunique THEN 'unique ' ELSE '' END || attname FROM pg_index \
             JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) \
             WHERE indrelid = 'fields_indexed'::regclass AND NOT indisprimary ORDER BY attname"
        }
        Kind::Mysql => {
            "SELECT CONCAT(IF(non_unique = 0, 'unique ', ''), column_name) FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = 'fields_indexed' AND index_name <> 'PRIMARY' \
             ORDER BY column_name"
        }
    };
    assert_eq!(texts(&db, indexes).await, ["unique both", "unique name", "year"]);
    Indexed { id: 0, name: "a".into(), year: 1, both: 1 }.save(&db).await?;
    assert!(Indexed { id: 0, name: "a".into(), year: 1, both: 2 }.save(&db).await.is_err());
    // Making the tables again changes nothing.
    db.create_tables_of(signals::ModelMeta::is::<Indexed>).await?;
    assert_eq!(texts(&db, indexes).await, ["unique both", "unique name", "year"]);
    assert_eq!(Indexed::get(&db, 1).await?.both, 1);
    // An existing table gets the indexes that it lacks, except on MySQL.
    let on_table = if kind() == Kind::Mysql { " ON fields_indexed" } else { "" };
    execute(&db, &format!("DROP INDEX fields_indexed__year__idx{on_table}")).await;
    let without = ["unique both", "unique name"];
    assert_eq!(texts(&db, indexes).await, without);
    db.create_tables_of(signals::ModelMeta::is::<Indexed>).await?;
    let with: &[&str] = if kind() == Kind::Mysql { &without } else { &["unique both", "unique name", "year"] };
    assert_eq!(texts(&db, indexes).await, with);
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
    let loaded: Vec<Cached> = read(&db, "SELECT id, text FROM fields_skipped").await?;
    let [loaded] = loaded.as_slice() else { panic!("{} rows", loaded.len()) };
    assert_eq!((loaded.id, loaded.text.as_str(), loaded.cache.filled), (1, "a", false));
    cached.refresh(&db).await?;
    assert!(!cached.cache.filled);
    assert_eq!(<Cached as signals::model::Entity>::meta().columns().len(), 2);
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
        people: Option<i32>,
    }
    let db = db().await;
    let mut cities =
        [("Ålesund", Some(67_000)), ("Nowhere", None)].map(|(name, people)| City { id: 0, name: name.into(), people });
    for city in &mut cities {
        city.save(&db).await?;
    }
    let all: Vec<City> = read(&db, "SELECT * FROM fields_plain_sqlx ORDER BY id").await?;
    assert_eq!(all, cities);
    // This also works in a transaction, in any order of the columns, and with columns that the model does not
    // have.
    let tx = db.begin().await?;
    let name = quoted("full name");
    let sql = format!("SELECT 1 AS more, people, {name}, id FROM fields_plain_sqlx WHERE id = 2");
    assert_eq!(read_in::<City>(&tx, sql).await?, cities[1..]);
    tx.rollback().await?;
    let missing = read::<City>(&db, "SELECT id FROM fields_plain_sqlx").await;
    assert!(matches!(missing, Err(sqlx::Error::ColumnNotFound(column)) if column == "full name"));
    Ok(())
}

#[tokio::test]
async fn a_missing_row_and_an_unset_key_are_different_errors() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "fields_missing")]
    struct Missing {
        id: i64,
        text: String,
    }
    let db = db().await;
    let error = Missing::get(&db, 77).await.unwrap_err();
    assert!(
        matches!(&error, signals::Error::DoesNotExist { model: "Missing", key: Some(key) } if key == "77"),
        "{error}"
    );
    assert!(Missing::find(&db, 77).await?.is_none());
    let mut missing = Missing { id: 77, text: "kept".into() };
    assert!(matches!(missing.refresh(&db).await, Err(signals::Error::DoesNotExist { .. })));
    assert_eq!(missing.text, "kept");
    let unset = Missing { id: 0, text: String::new() }.refresh(&db).await;
    assert!(matches!(unset, Err(signals::Error::KeyMissing { operation: "refresh", .. })));
    Ok(())
}

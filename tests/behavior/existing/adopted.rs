//! Models from the tables of a database, of the kinds that Django, Northwind and Sakila have.

mod composite;

use std::fmt::Debug;
use std::{env, fs};

use signals::model::Entity as _;
use signals::schema::{self, Schema};
use signals::{Db, Error, Model, Result};
use signals_test_behavior::{Kind, address, count, elsewhere, execute, kind, quoted, url};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::models::{mysql, postgres, sqlite};

/// Returns the name of the files of this database.
fn name() -> &'static str {
    match kind() {
        Kind::Memory | Kind::File => "sqlite",
        Kind::Postgres => "postgres",
        Kind::Mysql => "mysql",
    }
}

/// Makes a database with the tables and rows of a fixture.
async fn adopted(test: &str, fixture: &str) -> Db {
    let url = if kind() == Kind::Postgres { postgres_database(test).await } else { url().await };
    let db = Db::connect(&url).await.unwrap();
    let file = format!("{}/existing/fixtures/{fixture}.sql", env!("CARGO_MANIFEST_DIR"));
    execute(&db, fs::read_to_string(file).unwrap()).await;
    db
}

/// Makes a database of PostgreSQL, because the tests read all schemas of one.
async fn postgres_database(test: &str) -> String {
    let server = address();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let name = format!("signals_existing_{test}");
    for sql in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    connection.close().await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

/// Compares the printed models of a database with a file. `INSTA_UPDATE=always` writes the file.
async fn assert_printed(db: &Db, file: &str) -> Result<()> {
    let printed = schema::inspect(db).await?;
    let file = format!("{}/existing/{file}", env!("CARGO_MANIFEST_DIR"));
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&file, &printed).unwrap();
    }
    assert_eq!(printed, fs::read_to_string(&file).unwrap(), "{file}");
    Ok(())
}

/// Returns whether a model is one of those for this database.
fn is_of_fixture(path: &str) -> bool {
    path.contains(&format!("::models::{}::", name()))
}

/// Loads every row of a table, and saves it if the table is not a view.
async fn round_trip<M: Model + PartialEq + Debug>(db: &Db) -> Result<()> {
    let table = M::meta().table();
    let mut rows = M::objects().all(db).await?;
    let expected = count(db, format!("SELECT count(*) FROM {}", quoted(table))).await;
    assert_eq!((i64::try_from(rows.len()).unwrap(), rows.is_empty()), (expected, false), "{table}");
    if M::meta().is_managed() {
        for row in &mut rows {
            row.save(db).await?;
        }
    }
    let again = M::objects().all(db).await?;
    assert!(rows.iter().all(|row| again.contains(row)) && rows.len() == again.len(), "{table}: {again:?}");
    Ok(())
}

/// Loads and saves every row of these models, which are all of the module.
macro_rules! round_trips {
    ($db:ident, $module:ident: $($model:ident)*) => {{
        $(round_trip::<$module::$model>(&$db).await?;)*
        let listed = [$($module::$model::meta().table()),*];
        let linked = schema::models().into_iter().filter(|model| is_of_fixture(model.path()));
        let missing: Vec<_> = linked.map(|model| model.table()).filter(|table| !listed.contains(table)).collect();
        assert_eq!(missing, [""; 0]);
    }};
}

/// Links, saves and deletes rows of the tables that all databases have.
macro_rules! uses {
    ($db:ident, $module:ident) => {{
        use $module::{AuthGroup, AuthUser, AuthUserGroups, Employees, Orders};

        let group = AuthGroup { id: 0, name: "writers".into() }.create(&$db).await?;
        assert!(group.id > 1, "the database makes the key");
        let bob = AuthUser::objects().filter(AuthUser::USERNAME.eq("bob")).get(&$db).await?;
        bob.auth_group().add(&$db, [&group]).await?;
        assert_eq!(group.auth_user().keys(&$db).await?, [bob.id]);
        assert!(group.delete(&$db).await.unwrap_err().is_foreign_key_violation(), "no action is `do_nothing`");
        bob.auth_group().remove(&$db, [&group]).await?;
        group.delete(&$db).await?;
        assert_eq!(AuthUserGroups::objects().count(&$db).await?, 1);

        // ON DELETE CASCADE is `cascade`: the rows are counted.
        let employee = Employees::get(&$db, 2).await?;
        assert_eq!(employee.reports_to, Some(1));
        let deleted = employee.delete(&$db).await?;
        assert_eq!((deleted.rows(), Orders::objects().count(&$db).await?), (2, 1));
    }};
}

#[tokio::test]
async fn a_database_becomes_models() -> Result<()> {
    let db = adopted("becomes", name()).await;
    // The file is compiled with this test.
    assert_printed(&db, &format!("models/{}.rs", name())).await
}

#[tokio::test]
async fn the_models_of_a_database_load_and_save_every_row() -> Result<()> {
    let db = adopted("loads", name()).await;
    match kind() {
        Kind::Memory | Kind::File => {
            round_trips!(db, sqlite: AuthGroup AuthUser AuthUserGroups Customers DjangoContentType DjangoSession
                Employees Film FilmList FilmText Language OptionRow Orders Pair Region);
        }
        Kind::Postgres => {
            round_trips!(db, postgres: AuthGroup AuthUser AuthUserGroups Bill Customers DjangoContentType DjangoSession
                Employees Film FilmList FilmText Language OptionRow Orders Reading);
        }
        Kind::Mysql => {
            round_trips!(db, mysql: AuthGroup AuthUser AuthUserGroups Customers DjangoContentType DjangoSession
                Employees Film FilmList FilmText OptionRow Orders Region);
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_models_of_a_database_link_and_delete_rows() -> Result<()> {
    let db = adopted("uses", name()).await;
    match kind() {
        Kind::Memory | Kind::File => uses!(db, sqlite),
        Kind::Postgres => uses!(db, postgres),
        Kind::Mysql => uses!(db, mysql),
    }
    Ok(())
}

/// MySQL gives each reference an index.
#[tokio::test]
async fn the_models_of_a_database_differ_from_it_only_by_missing_indexes_of_references() -> Result<()> {
    let db = adopted("differs", name()).await;
    let differences = schema::check_of(&db, |model| is_of_fixture(model.path())).await?;
    let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
    let missing =
        "`Employees` (ReportsTo): index missing: the model `Employees` has an index, the database has no index";
    let expected: &[&str] = if kind() == Kind::Mysql { &[] } else { &[missing] };
    assert_eq!(differences, expected);
    Ok(())
}

#[tokio::test]
async fn the_tables_of_attached_files_are_found_after_those_of_the_database() -> Result<()> {
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    let db = Db::connect("sqlite::memory:").await?;
    let sql = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT); ATTACH ':memory:' AS other; \
               CREATE TABLE other.note (id INTEGER PRIMARY KEY); CREATE TABLE other.thing (id INTEGER PRIMARY KEY)";
    execute(&db, sql).await;
    let schema = Schema::read(&db).await?;
    let tables: Vec<_> =
        schema.tables.iter().map(|table| (table.schema.as_deref(), &*table.name, table.is_visible)).collect();
    assert_eq!(tables, [(Some("main"), "note", true), (Some("other"), "note", false), (Some("other"), "thing", true)]);
    assert_eq!(schema.table("NOTE").unwrap().columns.len(), 2);
    let printed = schema.to_models(|_| true);
    assert!(printed.contains("pub struct Thing {") && printed.matches("pub struct").count() == 2, "{printed}");
    assert!(printed.contains("// `other.note` has no model: a statement does not find it by its name alone;"));
    Ok(())
}

/// MySQL has databases in place of schemas.
#[tokio::test]
async fn the_search_path_decides_which_table_a_model_has() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let url = postgres_database("path").await;
    let sql = "CREATE SCHEMA billing; CREATE TABLE invoice (id BIGINT PRIMARY KEY); \
               CREATE TABLE billing.invoice (id BIGINT PRIMARY KEY, total BIGINT, mood TEXT UNIQUE); \
               CREATE TABLE billing.line (id BIGINT PRIMARY KEY, invoice_id BIGINT REFERENCES billing.invoice)";
    execute(&Db::connect(&url).await?, sql).await;
    let db = Db::connect(&format!("{url}?options=-csearch_path%3Dbilling,public")).await?;
    let schema = Schema::read(&db).await?;
    let invoice = schema.table("invoice").unwrap();
    assert_eq!((invoice.schema.as_deref(), invoice.columns.len(), invoice.indexes.len()), (Some("billing"), 3, 1));
    let printed = schema.to_models(|_| true);
    assert!(printed.contains("references = Invoice"), "{printed}");
    assert!(printed.contains("// `public.invoice` has no model"), "{printed}");
    Ok(())
}

#[tokio::test]
async fn keys_that_the_database_does_not_generate_are_given() -> Result<()> {
    let db = adopted("given", name()).await;
    match kind() {
        Kind::Memory | Kind::File => {
            let region = sqlite::Region { region_id: 0, region_description: "West".into() };
            assert!(matches!(region.clone().create(&db).await, Err(Error::KeyNotGenerated { .. })));
            sqlite::Region { region_id: 2, ..region }.create(&db).await?;
        }
        Kind::Postgres => {
            let reading = postgres::Reading { id: 0, value: 2.5 };
            assert!(reading.clone().create(&db).await.unwrap_err().is_not_null_violation());
            postgres::Reading { id: 2, ..reading }.create(&db).await?;
        }
        Kind::Mysql => {
            let region = mysql::Region { region_id: 2, region_description: "West".into() };
            region.create(&db).await?;
        }
    }
    Ok(())
}

//! A database of others: what `inspectdb` prints for it is compiled here. `INSTA_UPDATE=always` writes the models.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, reason = "tests, and models as they are printed")]

#[cfg_attr(feature = "mysql", path = "existing/models/mysql.rs")]
#[cfg_attr(feature = "postgres", path = "existing/models/postgres.rs")]
#[cfg_attr(feature = "sqlite", path = "existing/models/sqlite.rs")]
mod models;
mod rows;

use std::{env, fs};

use signals::schema::migration::{Options, Plan};
use signals::schema::{self, Schema};
use signals::{Db, Error, Model as _, ModelMeta, Result};
use sqlx::AssertSqlSafe;

use models::{
    Actor, AuthGroup, AuthGroupPermissions, AuthPermission, Digest, DjangoAdminLog, DjangoContentType, Employees, Film,
    Holiday, Inventory, Language, Region, Rental, Rental2, RentalList, Staff, Store, TenantLine, TenantOrder,
    Territories,
};
#[cfg(not(feature = "sqlite"))]
use models::{EmployeeTerritories, Price, PriceBand};
use rows::{AnyRows, Rows};

#[cfg(feature = "mysql")]
const NAME: &str = "mysql";
#[cfg(feature = "postgres")]
const NAME: &str = "postgres";
#[cfg(feature = "sqlite")]
const NAME: &str = "sqlite";

/// The schema that a model names.
const OTHER: &str = if cfg!(feature = "mysql") { "signals_archive" } else { "archive" };

/// Makes a database with the tables and rows of the file.
async fn adopted() -> Result<Db> {
    let db = empty().await?;
    let file = fs::read_to_string(folder().join(format!("{NAME}.sql"))).map_err(Error::other)?;
    run(&db, file).await?;
    Ok(db)
}

fn folder() -> std::path::PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src", "existing"].iter().collect()
}

#[cfg(feature = "sqlite")]
async fn empty() -> Result<Db> {
    // An attached file belongs to its connection.
    let db = Db::builder("sqlite::memory:").max_connections(1).connect().await?;
    run(&db, "ATTACH ':memory:' AS archive".to_owned()).await?;
    Ok(db)
}

#[cfg(not(feature = "sqlite"))]
async fn empty() -> Result<Db> {
    let server = if cfg!(feature = "mysql") { "SIGNALS_TEST_MYSQL_URL" } else { "SIGNALS_TEST_POSTGRES_URL" };
    let server = crate::support::server(server)?;
    let db = Db::connect(&server).await?;
    if cfg!(feature = "mysql") {
        for name in ["signals_archive", "signals_existing"] {
            run(&db, format!("SET foreign_key_checks = 0; DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}"))
                .await?;
        }
        return Db::connect(&format!("{}/signals_existing", server.trim_end_matches('/'))).await;
    }
    for sql in ["DROP DATABASE IF EXISTS signals_existing WITH (FORCE)", "CREATE DATABASE signals_existing"] {
        run(&db, sql.to_owned()).await?;
    }
    let (start, _) = server.rsplit_once('/').unwrap_or((&server, ""));
    Db::connect(&format!("{start}/signals_existing")).await
}

async fn run(db: &Db, sql: String) -> Result<()> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    #[cfg(feature = "mysql")]
    let done = sql.execute(db.mysql()?).await.map(drop);
    #[cfg(feature = "postgres")]
    let done = sql.execute(db.postgres()?).await.map(drop);
    #[cfg(feature = "sqlite")]
    let done = sql.execute(db.sqlite()?).await.map(drop);
    done.map_err(Error::other)
}

/// Returns whether a model is one of those that were printed.
fn is_printed(model: &ModelMeta) -> bool {
    model.path().contains("::existing::models::")
}

#[tokio::test]
async fn the_models_that_inspectdb_prints_load_save_delete_and_link_every_row() -> Result<()> {
    let db = adopted().await?;
    let read = printed(&db).await?;
    no_differences(&db, &read).await?;
    circles(&db).await?;
    every_row(&db).await?;
    links(&db).await?;
    composite_keys(&db).await
}

/// Compares what is printed with the file that is compiled here.
async fn printed(db: &Db) -> Result<Schema> {
    let mut read = Schema::read_with(db, &[OTHER]).await?;
    read.read_values(db).await?;
    let printed = read.to_models(|_| true);
    let file = folder().join("models").join(format!("{NAME}.rs"));
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&file, &printed).map_err(Error::other)?;
    }
    assert_eq!(printed, fs::read_to_string(&file).map_err(Error::other)?, "{}", file.display());
    Ok(read)
}

/// `check` finds nothing, and a migration has nothing to change but the columns that are no fields.
async fn no_differences(db: &Db, read: &Schema) -> Result<()> {
    let differences = schema::check_of(db, is_printed).await?;
    assert_eq!(differences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let models = schema::models().into_iter().filter(|model| is_printed(model) && model.is_managed());
    let new = Schema::of_models(models, db.backend());
    let mut options = Options::new();
    for table in &new.tables {
        let found = read.table_in(table.schema.as_deref(), &table.name).expect("the table is there");
        for column in found.columns.iter().filter(|column| table.column(&column.name).is_none()) {
            if table.schema.is_none() && column.generation.is_none() {
                options = options.keep_column(&table.name, &column.name);
            }
        }
    }
    let plan = Plan::between(read, &new, &options).map_err(Error::other)?;
    assert_eq!(plan.changes().iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    Ok(())
}

/// A store has a manager, who works in it.
async fn circles(db: &Db) -> Result<()> {
    let mut store = Store::get(db, 1).await?;
    assert_eq!(store.manager_staff_id, Some(1));
    let manager = Staff::get(db, 1).await?;
    assert!(manager.delete(db).await.unwrap_err().is_foreign_key_violation(), "the database refuses it");
    // Neither could be deleted before the other.
    store.manager_staff_id = None;
    store.save(db).await
}

/// Loads all rows, saves each, deletes them and inserts them again.
async fn every_row(db: &Db) -> Result<()> {
    // Those that others reference come first.
    let mut all: Vec<Box<dyn AnyRows>> = Vec::new();
    macro_rules! load {
        ($($model:ident)*) => { $(all.push(Box::new(Rows::<$model>::load(db).await?));)* };
    }
    load!(DjangoContentType AuthPermission AuthGroup AuthGroupPermissions DjangoAdminLog Language Film Actor Store Staff);
    load!(Inventory Rental Rental2 Region Territories Employees TenantOrder TenantLine Digest Holiday);
    #[cfg(not(feature = "sqlite"))]
    load!(EmployeeTerritories PriceBand Price);
    let view = Rows::<RentalList>::load(db).await?;
    let loaded: Vec<_> = all.iter().map(|rows| rows.model()).chain([view.model()]).collect();
    let others = schema::models().into_iter().filter(|model| is_printed(model) && !loaded.contains(&model.name()));
    let made: &[&str] = if cfg!(feature = "sqlite") { &["EmployeesTerritories", "ActorFilm"] } else { &["ActorFilm"] };
    assert_eq!(others.map(ModelMeta::name).collect::<Vec<_>>(), made, "their structs are made by relations");

    for rows in &mut all {
        rows.save(db).await?;
    }
    for rows in all.iter_mut().rev() {
        rows.delete(db).await?;
    }
    for rows in &mut all {
        rows.insert(db).await?;
    }
    for rows in &mut all {
        rows.assert_stored(db).await?;
    }
    Ok(())
}

/// Links by tables without an `id`, of which one has a text key.
async fn links(db: &Db) -> Result<()> {
    let (film, actor) = (Film::get(db, 2).await?, Actor { first_name: "GRACE".into(), ..Actor::get(db, 1).await? });
    let actor = Actor { actor_id: 0, ..actor }.create(db).await?;
    assert!(actor.actor_id > 2, "the database makes the key");
    actor.film().add(db, [&film]).await?;
    actor.film().add(db, [&film]).await?;
    assert_eq!(film.actor().keys(db).await?, [actor.actor_id]);
    assert_eq!(actor.delete(db).await?.rows(), 2, "the link goes with the row");

    let employee = Employees::get(db, 1).await?;
    let territory = Territories::get(db, "01730").await?;
    employee.territories().add(db, [&territory]).await?;
    assert_eq!(territory.employees().keys(db).await?, [1]);
    assert!(employee.territories().keys(db).await?.contains(&"01730".to_owned()));
    employee.territories().remove(db, [&territory]).await?;
    assert_eq!(territory.employees().count(db).await?, 0);

    let group = AuthGroup::get(db, 1).await?;
    assert_eq!(group.auth_permission().keys(db).await?, [1]);
    group.auth_permission().set(db, [&AuthPermission::get(db, 2).await?]).await?;
    assert_eq!(AuthGroupPermissions::objects().get(db).await?.permission_id, 2);
    Ok(())
}

/// A reference to a key of two columns, of which the other row of the table is one too.
async fn composite_keys(db: &Db) -> Result<()> {
    let first = TenantOrder::objects().filter(TenantOrder::PART_OF.is_null()).order_by(TenantOrder::TENANT_ID.asc());
    let first = first.first(db).await?.expect("an order");
    assert!(first.clone().delete(db).await.unwrap_err().is_foreign_key_violation(), "another order is a part of it");
    let mut part = TenantOrder::objects().filter(TenantOrder::PART_OF.is_not_null()).get(db).await?;
    part.part_of = None;
    part.save(db).await?;
    assert_eq!(first.delete(db).await?.rows(), 2, "its line goes with it");
    assert_eq!(TenantLine::objects().count(db).await?, 2);
    Ok(())
}

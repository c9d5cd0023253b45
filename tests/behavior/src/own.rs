//! A database for each test.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use signals::Db;
use signals::db::DbBuilder;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection};

use crate::{Kind, kind};

/// How long the calls of a test wait for each other.
const PATIENCE: Duration = Duration::from_mins(2);

/// A database of the test's own, with the tables of its module.
pub async fn db() -> Db {
    named_db("default").await
}

/// As [`db`], under a name.
pub async fn named_db(name: &str) -> Db {
    database(|builder| builder.name(name)).await
}

/// Makes a new database with the tables of the models in the test's module, and of the models that they
/// reference.
///
/// `build` changes the settings for the test.
///
/// # Panics
///
/// If the server is not named or cannot be reached.
pub async fn database(build: impl FnOnce(DbBuilder) -> DbBuilder) -> Db {
    database_at(&url().await, build).await
}

/// As [`database`], at this URL.
///
/// # Panics
///
/// If the server cannot be reached.
pub async fn database_at(url: &str, build: impl FnOnce(DbBuilder) -> DbBuilder) -> Db {
    // The lock of SQLite has no queue, so on a busy machine one of many writers may wait for long.
    let patient = Db::builder(url).busy_timeout(PATIENCE).acquire_timeout(PATIENCE);
    let db = build(patient).connect().await.unwrap();
    let test = thread::current().name().unwrap_or_default().to_owned();
    // If tests run one after another, they run in the main thread, whose name is not a test's.
    let module = test.split("::").next().filter(|_| test.contains("::"));
    db.create_tables_of(|model| {
        let path = model.path().split("::").nth(1);
        module.is_none() || path == module || model.path().starts_with("signals_test_plugin")
    })
    .await
    .unwrap();
    db
}

/// The address of a new database without any table.
///
/// # Panics
///
/// As [`database`].
pub async fn url() -> String {
    let place = place();
    match kind() {
        Kind::Memory => "sqlite::memory:".to_owned(),
        Kind::File => {
            let folder = env::temp_dir().join("signals-test-behavior");
            fs::create_dir_all(&folder).unwrap();
            let file = folder.join(place).display().to_string();
            for end in ["", "-wal", "-shm"] {
                drop(fs::remove_file(format!("{file}{end}")));
            }
            format!("sqlite://{file}?mode=rwc")
        }
        Kind::Postgres => {
            let server = address();
            let mut connection = PgConnection::connect(&server).await.unwrap();
            let sql = format!("DROP SCHEMA IF EXISTS {place} CASCADE; CREATE SCHEMA {place}");
            connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            connection.close().await.unwrap();
            let separator = if server.contains('?') { '&' } else { '?' };
            format!("{server}{separator}options=-csearch_path%3D{place}")
        }
        Kind::Mysql => {
            let server = address();
            let mut connection = MySqlConnection::connect(&server).await.unwrap();
            let sql = format!("DROP DATABASE IF EXISTS {place}; CREATE DATABASE {place}");
            connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            connection.close().await.unwrap();
            format!("{}/{place}", server.trim_end_matches('/'))
        }
    }
}

/// Returns the name of a schema, a database or a file. It is the same in each run, so that the next run
/// removes it. Servers cut names of more than 63 letters.
fn place() -> String {
    static SEEN: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
    let test = thread::current().name().unwrap_or_default().to_owned();
    let mut seen = SEEN.lock().unwrap();
    let number = seen.entry(test.clone()).or_default();
    *number += 1;
    let mut hasher = DefaultHasher::new();
    test.hash(&mut hasher);
    let start: String =
        test.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).take(36).collect();
    format!("signals_{start}_{:08x}_{number}", hasher.finish() >> 32)
}

/// The address of the server that others use too.
///
/// # Panics
///
/// If it is not named.
pub fn address() -> String {
    let variable = kind().server().unwrap_or_default();
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
}

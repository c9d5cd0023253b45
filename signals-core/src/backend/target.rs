//! The database that a pool connects to.

use std::fmt;

#[cfg(feature = "mysql")]
use sqlx::mysql::MySqlConnectOptions;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnectOptions;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteConnectOptions;

use super::url::masked;

/// The database that a [`DbBuilder`](crate::db::DbBuilder) connects to: a URL, or sqlx's own connect options.
///
/// `Debug` shows neither user nor password.
///
/// # Examples
///
/// ```
/// # use signals::{Db, Result};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
///
/// let folder = std::env::temp_dir().join(format!("signals-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let options = SqliteConnectOptions::new()
///     .filename(folder.join("app.db"))
///     .create_if_missing(true)
///     .synchronous(SqliteSynchronous::Full);
/// let db = Db::builder(options).max_connections(4).connect().await?;
/// # db.close().await?;
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Target(pub(in crate::backend) Kind);

/// The form in which the application named the database.
#[derive(Clone)]
pub(in crate::backend) enum Kind {
    Url(String),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<SqliteConnectOptions>),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnectOptions>),
    #[cfg(feature = "mysql")]
    Mysql(Box<MySqlConnectOptions>),
}

impl Kind {
    /// Returns the URL, or an empty text for options.
    pub(in crate::backend) fn url(&self) -> &str {
        match self {
            Self::Url(url) => url,
            #[allow(unreachable_patterns, reason = "there may be no backend")]
            _ => "",
        }
    }
}

impl From<&str> for Target {
    fn from(url: &str) -> Self {
        Self(Kind::Url(url.to_owned()))
    }
}

impl From<&String> for Target {
    fn from(url: &String) -> Self {
        Self(Kind::Url(url.clone()))
    }
}

impl From<String> for Target {
    fn from(url: String) -> Self {
        Self(Kind::Url(url))
    }
}

#[cfg(feature = "sqlite")]
impl From<SqliteConnectOptions> for Target {
    fn from(options: SqliteConnectOptions) -> Self {
        Self(Kind::Sqlite(Box::new(options)))
    }
}

#[cfg(feature = "postgres")]
impl From<PgConnectOptions> for Target {
    fn from(options: PgConnectOptions) -> Self {
        Self(Kind::Postgres(Box::new(options)))
    }
}

#[cfg(feature = "mysql")]
impl From<MySqlConnectOptions> for Target {
    fn from(options: MySqlConnectOptions) -> Self {
        Self(Kind::Mysql(Box::new(options)))
    }
}

/// Writes it for messages: without user, password and values that may be secret.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Url(url) => f.write_str(&masked(url)),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(options) => f.write_str(&masked(&format!("sqlite:{}", options.get_filename().display()))),
            #[cfg(feature = "postgres")]
            Kind::Postgres(options) => {
                server(f, "postgres", options.get_host(), options.get_port(), options.get_database())
            }
            #[cfg(feature = "mysql")]
            Kind::Mysql(options) => server(f, "mysql", options.get_host(), options.get_port(), options.get_database()),
        }
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn server(f: &mut fmt::Formatter<'_>, scheme: &str, host: &str, port: u16, database: Option<&str>) -> fmt::Result {
    f.write_str(&masked(&format!("{scheme}://{host}:{port}/{}", database.unwrap_or_default())))
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.to_string()).finish()
    }
}

/// Returns whether connect options have this value in a field. sqlx has no getter for some of them, and shows
/// them only by `Debug`.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(in crate::backend) fn has_field(options: &impl fmt::Debug, field: &str, value: &str) -> bool {
    format!("{options:?}").contains(&format!(" {field}: {value},"))
}

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tests {
    use std::str::FromStr as _;

    use sqlx::mysql::MySqlConnectOptions;
    use sqlx::postgres::PgConnectOptions;
    use sqlx::sqlite::SqliteConnectOptions;

    use super::{Target, has_field};

    #[test]
    fn options_show_no_user_and_no_password() {
        let postgres = PgConnectOptions::new_without_pgpass()
            .host("db.example")
            .port(5433)
            .username("ann")
            .password("hunter2")
            .database("shop");
        let mysql = MySqlConnectOptions::new().host("db.example").username("ann").password("hunter2");
        let sqlite = SqliteConnectOptions::new().filename("app.db");

        assert_eq!(Target::from(postgres).to_string(), "postgres://db.example:5433/shop");
        assert_eq!(format!("{:?}", Target::from(mysql)), "Target(\"mysql://db.example:3306/\")");
        assert_eq!(Target::from(sqlite).to_string(), "sqlite:app.db");
    }

    #[test]
    fn fields_without_a_getter_are_found() -> Result<(), sqlx::Error> {
        let cached = PgConnectOptions::new_without_pgpass();
        let uncached = cached.clone().statement_cache_capacity(0);
        let memory = SqliteConnectOptions::from_str("sqlite::memory:")?;
        let file = SqliteConnectOptions::new().filename("app.db");

        for (found, expected) in [
            (has_field(&cached, "statement_cache_capacity", "0"), false),
            (has_field(&uncached, "statement_cache_capacity", "0"), true),
            (has_field(&memory, "in_memory", "true"), true),
            (has_field(&file, "in_memory", "true"), false),
            (has_field(&file.read_only(true), "read_only", "true"), true),
        ] {
            assert_eq!(found, expected);
        }
        Ok(())
    }
}

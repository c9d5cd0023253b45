//! The pool of PostgreSQL.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, PgPool};

use super::naming::Naming;
use crate::backend::borrowed::Connection;
use crate::backend::pool::freshness::Freshness;
use crate::backend::pool::settings::{Announce, PoolSettings, SessionLimits, not_opened};
use crate::backend::target::Kind;
use crate::backend::url::{masked, parameters};
use crate::error::Result;

/// The parameters that sqlx accepts, besides those that begin with `options[`.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// Returns the URL without parameters that sqlx does not accept. sqlx would log their values, and one may be
/// a password.
fn with_known_parameters(url: &str) -> Cow<'_, str> {
    let is_known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
    if parameters(url).all(|(name, _)| is_known(&name)) {
        return Cow::Borrowed(url);
    }
    tracing::warn!(target: "signals", url = masked(url), "unknown parameters of the URL are ignored");
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let query = query.split('#').next().unwrap_or_default();
    let known = query.split('&').filter(|piece| parameters(&format!("?{piece}")).all(|(name, _)| is_known(&name)));
    Cow::Owned(format!("{place}?{}", known.collect::<Vec<_>>().join("&")))
}

/// Makes the pool.
pub(in crate::backend) fn open(
    settings: &PoolSettings,
    announce: Announce,
) -> Result<(PgPool, Naming, Arc<Freshness>)> {
    let (options, naming) = match &settings.target.0 {
        Kind::Postgres(options) => (PgConnectOptions::clone(options), Naming::of_options(options)),
        target => {
            let url = target.url();
            let options = PgConnectOptions::from_str(&with_known_parameters(url))
                .map_err(|source| not_opened(source, &settings.target))?;
            (options, Naming::of_url(url))
        }
    };
    let limits = limits(settings, naming);
    let freshness = Arc::new(settings.freshness());
    let (checking, connecting) = (Arc::clone(&freshness), Arc::clone(&freshness));
    let pool = settings
        .options()
        .before_acquire(move |connection, idle| checking.check(connection, idle.idle_for))
        .after_connect(move |connection: &mut PgConnection, _| {
            connecting.note_connected();
            let (announce, limits) = (Arc::clone(&announce), limits.clone());
            Box::pin(async move {
                if let Some(text) = limits {
                    connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
                }
                announce(Connection::Postgres(connection)).await
            })
        });
    Ok((pool.connect_lazy_with(options), naming, freshness))
}

/// Returns the statement that sets the limits of a session. Behind a pooler there is none: the setting would
/// stay with the server's session, which the pooler then gives to others.
fn limits(settings: &PoolSettings, naming: Naming) -> Option<String> {
    let SessionLimits { statement, lock } = settings.limits.filter(|_| naming == Naming::Kept)?;
    Some(format!(
        "SET statement_timeout = '{statement}s'; SET lock_timeout = '{lock}s'; \
         SET idle_in_transaction_session_timeout = '{statement}s'; \
         SET default_transaction_isolation = 'read committed'"
    ))
}

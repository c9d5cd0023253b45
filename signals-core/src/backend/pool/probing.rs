//! The first connection to a server, which checks the URL.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::{Connection, Error as SqlxError};

use super::freshness::no_answer;

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Connects and closes the connection. Retries until `within` has passed if the server is starting or has no
/// free connection.
pub(in crate::backend) async fn probe<C: Connection>(options: &C::Options, within: Duration) -> Result<(), SqlxError> {
    let mut refusal = None;
    let reached = tokio::time::timeout(within, async {
        loop {
            match connect::<C>(options).await {
                Err(error) if is_passing(&error) => refusal = Some(error),
                reached => return reached,
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    match reached.await {
        Ok(reached) => reached,
        Err(_) => Err(refusal.unwrap_or_else(|| no_answer("a new connection", within))),
    }
}

async fn connect<C: Connection>(options: &C::Options) -> Result<(), SqlxError> {
    let connection = C::connect_with(options).await?;
    // A failed close has no effect on the probe.
    drop(connection.close().await);
    Ok(())
}

fn is_passing(error: &SqlxError) -> bool {
    error.as_database_error().is_some_and(DatabaseError::is_transient_in_connect_phase)
}

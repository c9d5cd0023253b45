//! The ends of a level: its commit and its rollback.

use std::io;
use std::sync::Arc;

use super::callback::End;
use super::database::TxDatabase;
use super::level::Level;
use super::session::Session;
use super::to_the_end::{caught, to_the_end};
use crate::error::{Error, Result, escaped};

/// Commits a transaction, or makes a savepoint part of the level around it.
pub(in crate::db) async fn commit<D: TxDatabase>(level: &Level<D>) -> Result<()> {
    level.start_ending()?;
    let mut session = Session::enter(level).await?;
    if level.depth == 0 {
        session.verify_to_commit().await?;
        return commit_outermost(level, session).await;
    }
    session.verify().await?;
    session.keep();
    level.transaction.notes().keep(level.depth);
    drop(session);
    level.done();
    Ok(())
}

/// Rolls a transaction back, and waits for the receivers that are called then. A savepoint is only marked as given up.
pub(in crate::db) async fn rollback<D: TxDatabase>(level: &Level<D>) -> Result<()> {
    level.start_ending()?;
    if level.depth == 0 {
        level.transaction.state().await?.rollback().await?;
        level.give_up_and_notify().await;
    }
    Ok(())
}

/// Commits, gives the connection back, and runs the callbacks.
async fn commit_outermost<D: TxDatabase>(level: &Level<D>, mut session: Session<'_, D>) -> Result<()> {
    let (ended, tables) = {
        let mut notes = level.transaction.notes();
        (notes.take_all(), std::mem::take(&mut notes.tables))
    };
    if ended.is_empty() {
        session.commit().await?;
        level.transaction.db.database().tables().keep_own(tables);
        drop(session);
        level.done();
        return Ok(());
    }
    let db = level.transaction.db_at_end();
    let mut state = session.take();
    let database = Arc::clone(level.transaction.db.database());
    let work = async move {
        let committed = caught(state.commit()).await.unwrap_or_else(|error| Err(unknown(error)));
        let concluded = caught(async {
            match committed {
                Ok(()) => {
                    db.database().tables().keep_own(tables);
                    ended.conclude(&db, End::Committed).await;
                }
                Err(Error::CommitUnknown { .. }) => ended.conclude_unknown(&db).await,
                Err(_) => ended.conclude(&db, End::RolledBack).await,
            }
        });
        if let Err(error) = concluded.await {
            // How the transaction ended is known, whatever comes after.
            tracing::error!(target: "signals", using = db.database().name(), error = %escaped(error), "no receiver was called at the end of a transaction");
        }
        committed
    };
    // A dropped future of `commit` stops neither the commit nor the callbacks.
    let work = to_the_end(work, move |outcome| {
        if let Err(error) = outcome.unwrap_or_else(|error| Err(unknown(error))) {
            tracing::error!(target: "signals", using = database.name(), error = %escaped(error), "a commit failed after its future was dropped");
        }
    });
    drop(session);
    level.done();
    work.await.unwrap_or_else(|error| Err(unknown(error)))
}

/// The error of a COMMIT that was cancelled or that panicked, and so may have happened.
fn unknown(error: Error) -> Error {
    Error::CommitUnknown { source: sqlx::Error::Io(io::Error::other(error)) }
}

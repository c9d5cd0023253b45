//! Queries of many rows: all at once, one by one, or as a stream.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use tokio::sync::mpsc::{self, Sender};

use super::db::Db;
use super::{Handle, Show};
use crate::backend::{Args, Conn, Row};
use crate::db::transaction::{Doing, Session, Statement};
use crate::error::Result;

/// A connection, held for one query.
enum Reading<'a> {
    Db(Conn),
    Tx(Session<'a, Db>),
}

/// The kind of a statement that returns rows.
enum Access {
    Read,
    Write,
}

impl<'a> Reading<'a> {
    async fn of(handle: Handle<'a>) -> Result<Self> {
        Ok(match handle {
            Handle::Db(db) => Self::Db(db.acquire().await?),
            Handle::Tx(tx) => Self::Tx(tx.session().await?),
        })
    }

    /// Makes other calls fail while the stream is open. If they waited, a loop over the stream would usually
    /// wait for itself.
    fn reserve_for_stream(&mut self) {
        if let Self::Tx(session) = self {
            session.reserve_for_stream();
        }
    }

    async fn begin(&mut self, access: Access, statement: &Statement) -> Result<&mut Conn> {
        match self {
            Self::Db(connection) => Ok(connection),
            Self::Tx(session) => match access {
                Access::Read => session.begin_reading().await,
                Access::Write => {
                    session.note_mark(statement);
                    session.begin_writing().await
                }
            },
        }
    }

    async fn end(&mut self, doing: Doing, outcome: Result<(), sqlx::Error>) -> Result<()> {
        match self {
            Self::Db(_) => outcome.map_err(|source| doing.failed(source)),
            Self::Tx(session) => session.end_reading(doing, outcome).await,
        }
    }
}

impl<'a> Handle<'a> {
    /// Runs a query and reads all its rows.
    pub(crate) async fn all<T: Send>(
        self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        mut read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let mut keep = |row: &Row<'_>| read(row).map(|row| rows.push(row));
        self.show_each(Access::Read, statement, args, doing, &mut keep).await?;
        Ok(rows)
    }

    /// Runs a query and calls `each` for every row. The first error stops it.
    pub(crate) async fn each(
        self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        mut each: impl FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send,
    ) -> Result<()> {
        self.show_each(Access::Read, statement, args, doing, &mut each).await
    }

    /// Runs a write that returns rows, and calls `each` for every row. The first error stops it.
    pub(crate) async fn write_each(
        self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        mut each: impl FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send,
    ) -> Result<()> {
        self.show_each(Access::Write, statement, args, doing, &mut each).await
    }

    /// Runs a statement and calls `show` for every row. It does not depend on the type of rows, so it is
    /// compiled once.
    async fn show_each(
        self,
        access: Access,
        statement: &Statement,
        args: Args,
        doing: Doing,
        show: Show<'_>,
    ) -> Result<()> {
        self.call(statement, async |on| {
            let mut reading = Reading::of(on).await?;
            let rows = reading.begin(access, statement).await?.rows(statement.text(), args, show);
            let outcome = rows.try_for_each(|()| future::ok(())).await;
            reading.end(doing, outcome).await
        })
        .await
    }

    /// Runs a query and returns its rows as a stream. The connection is held until the stream ends or is
    /// dropped.
    pub(crate) fn stream<T: Send + 'a>(
        self,
        statement: Statement,
        args: Args,
        doing: Doing,
        read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send + 'a,
    ) -> BoxStream<'a, Result<T>> {
        let (sender, mut receiver) = mpsc::channel(1);
        // The query runs only while the stream is polled: it is polled beside the channel, in the same task.
        let query = async move {
            if let Err(error) = self.send(&statement, args, doing, read, &sender).await {
                let _ = sender.send(Err(error)).await;
            }
        };
        let rows = stream::poll_fn(move |context| receiver.poll_recv(context));
        stream::select(rows, stream::once(query).filter_map(|()| future::ready(None))).boxed()
    }

    async fn send<T: Send>(
        self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
        sender: &Sender<Result<T>>,
    ) -> Result<()> {
        self.call(statement, async |on| {
            let mut reading = Reading::of(on).await?;
            reading.reserve_for_stream();
            let mut rows = reading.begin(Access::Read, statement).await?.rows(statement.text(), args, read);
            let outcome = loop {
                match rows.try_next().await {
                    // The receiver is gone only after the stream was dropped, and then this future is dropped
                    // too.
                    Ok(Some(row)) => drop(sender.send(Ok(row)).await),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            drop(rows);
            reading.end(doing, outcome).await
        })
        .await
    }
}

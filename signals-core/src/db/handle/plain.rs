//! Plain SQL with bound values, for companion crates. Applications use sqlx.

use super::Handle;
use crate::backend::{Args, Backend, Row};
use crate::db::transaction::{Doing, Statement};
use crate::error::Result;

/// A statement in the SQL of the connected database, with its description in errors.
#[derive(Debug)]
#[doc(hidden)]
pub struct PlainStatement {
    statement: Statement,
    doing: Doing,
}

impl PlainStatement {
    /// Creates the statement. Errors show `verb` and `model`, as in "UPDATE of `User`".
    pub fn new(verb: &'static str, model: &'static str, text: String) -> Self {
        Self { statement: Statement::built(text), doing: Doing { verb, model } }
    }
}

impl Handle<'_> {
    /// Returns the backend of the statement.
    pub fn backend(&self) -> Backend {
        self.db().backend()
    }

    /// Runs a statement, and returns the number of rows it changed.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](crate::error::Error::Database), or an error if the transaction accepts no
    /// statement.
    pub async fn run_plain(self, plain: &PlainStatement, args: Args) -> Result<u64> {
        self.run(&plain.statement, args, plain.doing).await.map(|done| done.rows)
    }

    /// Runs a query, and reads its rows.
    ///
    /// # Errors
    ///
    /// As [`run_plain`](Self::run_plain).
    pub async fn read_plain<T: Send>(
        self,
        plain: &PlainStatement,
        args: Args,
        read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        self.all(&plain.statement, args, plain.doing, read).await
    }

    /// Runs a statement that writes and returns rows, and reads them.
    ///
    /// # Errors
    ///
    /// As [`run_plain`](Self::run_plain).
    pub async fn write_plain<T: Send>(
        self,
        plain: &PlainStatement,
        args: Args,
        mut read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let keep = |row: &Row<'_>| read(row).map(|row| rows.push(row));
        self.write_each(&plain.statement, args, plain.doing, keep).await?;
        Ok(rows)
    }
}

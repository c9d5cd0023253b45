//! Reads the schema of a database, with a few queries that do not depend on the number of tables.

mod mysql;
mod postgres;
mod sqlite;

use std::collections::HashMap;
use std::hash::Hash;

use signals_core::backend::{Args, Field, Row};
use signals_core::db::{Handle, IntoHandle, PlainStatement};
use signals_core::error::Result;

use crate::description::{Action, ColumnSchema, ForeignKey, Index, Schema, Table};
use crate::dialect::Dialect;

impl Schema {
    /// Reads the tables and views of a database: the attached files of SQLite too, and the database of the connection in
    /// MySQL. Of PostgreSQL it reads the schemas on the search path, and of tables in other schemas only the names.
    ///
    /// It writes nothing, and needs no rights beyond those to connect. Temporary tables are left out. Without rights
    /// on a table, MySQL does not show it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](signals_core::error::Error::Database) if the database returns an error. A view that the
    /// database cannot describe is not an error: see [`Table::problem`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing has changed.
    pub async fn read<'a>(on: impl IntoHandle<'a>) -> Result<Self> {
        Self::read_with(on, &[]).await
    }

    /// Reads these schemas too: schemas of PostgreSQL, databases of MySQL, attached files of SQLite.
    ///
    /// # Errors
    ///
    /// See [`read`](Self::read). A schema that does not exist is not an error, and has no tables.
    ///
    /// # Cancel safety
    ///
    /// See [`read`](Self::read).
    pub async fn read_with<'a>(on: impl IntoHandle<'a>, schemas: &[&str]) -> Result<Self> {
        let on = on.into_handle();
        let read = match Dialect::of(on.backend()) {
            Dialect::Sqlite => sqlite::read(on).await?,
            Dialect::Postgres => postgres::read(on, schemas).await?,
            Dialect::Mysql => mysql::read(on, schemas).await?,
        };
        Ok(Self { schemas: schemas.iter().map(|schema| (*schema).to_owned()).collect(), ..read })
    }

    /// Reads 20 rows of each table of SQLite, so that [`to_models`](Self::to_models) chooses the types of fields, and the
    /// forms of moments, by the values and not only by the declared types. For other databases it reads nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](signals_core::error::Error::Database) if a table cannot be read.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the values of some tables were read.
    pub async fn read_values<'a>(&mut self, on: impl IntoHandle<'a>) -> Result<()> {
        let on = on.into_handle();
        if Dialect::of(on.backend()) == Dialect::Sqlite {
            for table in &mut self.tables {
                sqlite::read_values(on, table).await?;
            }
        }
        Ok(())
    }
}

/// Runs a query, and reads its rows.
async fn query<T: Send>(
    on: Handle<'_>,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
) -> Result<Vec<T>> {
    query_of(on, sql, &[], read).await
}

/// Runs a query with these texts as its values, and reads its rows.
async fn query_of<T: Send>(
    on: Handle<'_>,
    sql: &str,
    texts: &[String],
    read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
) -> Result<Vec<T>> {
    let mut args = Args::new(on.backend(), texts.len());
    for text in texts {
        args.add(text)?;
    }
    on.read_plain(&PlainStatement::new("SELECT", "the schema", sql.to_owned()), args, read).await
}

/// Reads a column that holds 0 or 1.
fn flag(row: &Row<'_>, column: &str) -> Result<bool, sqlx::Error> {
    Ok(row.get::<i64>(column)? != 0)
}

/// The parts of the tables, by what identifies a table in the queries.
struct Parts<T> {
    columns: HashMap<T, Vec<ColumnSchema>>,
    keys: HashMap<T, Vec<String>>,
    indexes: HashMap<T, Vec<Index>>,
    foreign_keys: HashMap<T, Vec<ForeignKey>>,
}

impl<T: Eq + Hash> Parts<T> {
    fn new(columns: Vec<(T, ColumnSchema)>, indexes: Vec<IndexPart<T>>, foreign_keys: Vec<ReferencePart<T>>) -> Self {
        let mut parts = Self {
            columns: HashMap::new(),
            keys: HashMap::new(),
            indexes: HashMap::new(),
            foreign_keys: HashMap::new(),
        };
        for (table, column) in columns {
            parts.columns.entry(table).or_default().push(column);
        }
        for part in indexes {
            parts.take_index(part);
        }
        for part in foreign_keys {
            parts.take_reference(part);
        }
        parts
    }

    /// Adds a column to its index. The columns of an index follow each other.
    fn take_index(&mut self, part: IndexPart<T>) {
        if part.is_primary {
            self.keys.entry(part.table).or_default().extend(part.column);
            return;
        }
        let indexes = self.indexes.entry(part.table).or_default();
        let is_plain = part.is_plain && part.column.is_some();
        match indexes.last_mut().filter(|index| index.name.as_ref() == Some(&part.name)) {
            Some(index) => {
                index.columns.extend(part.column);
                index.is_plain &= is_plain;
            }
            None => indexes.push(Index {
                name: Some(part.name),
                columns: part.column.into_iter().collect(),
                is_unique: part.is_unique,
                is_plain,
                is_constraint: part.is_constraint,
                definition: part.definition,
            }),
        }
    }

    /// Adds a column to its reference. The columns of a reference follow each other.
    fn take_reference(&mut self, part: ReferencePart<T>) {
        let keys = self.foreign_keys.entry(part.table).or_default();
        if part.place > 1
            && let Some(key) = keys.last_mut()
        {
            key.columns.push(part.column);
            key.targets.extend(part.target_column);
            return;
        }
        keys.push(ForeignKey {
            name: part.name,
            columns: vec![part.column],
            table: part.target,
            schema: part.target_schema,
            targets: part.target_column.into_iter().collect(),
            on_delete: part.on_delete,
            on_update: part.on_update,
            rule: None,
        });
    }

    /// Gives a table its parts.
    fn fill(&mut self, id: &T, table: &mut Table) {
        table.columns = self.columns.remove(id).unwrap_or_default();
        table.primary_key = self.keys.remove(id).unwrap_or_default();
        table.indexes = self.indexes.remove(id).unwrap_or_default();
        table.foreign_keys = self.foreign_keys.remove(id).unwrap_or_default();
    }
}

/// A column of an index.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the catalog")]
struct IndexPart<T> {
    table: T,
    name: String,
    is_unique: bool,
    is_primary: bool,
    is_plain: bool,
    is_constraint: bool,
    definition: Option<String>,
    /// `None` for an expression.
    column: Option<String>,
}

/// A column of a reference.
struct ReferencePart<T> {
    table: T,
    name: Option<String>,
    /// The number of the column in the reference, from 1.
    place: i64,
    column: String,
    target: String,
    target_schema: Option<String>,
    /// `None` if the reference is to the primary key.
    target_column: Option<String>,
    on_delete: Action,
    on_update: Action,
}

/// Reads a value that may be NULL.
fn maybe<T>(row: &Row<'_>, column: &str) -> Result<Option<T>, sqlx::Error>
where
    Option<T>: Field,
{
    row.get(column)
}

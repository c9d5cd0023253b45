//! The capabilities of a database and its SQL forms: everything that statements depend on.

use std::borrow::Cow;

use sea_query::{BinOper, ColumnDef, Expr, IndexCreateStatement, TableCreateStatement};
use sqlx::error::DatabaseError;

use super::capture::Capture;
use super::matching::{Bound, Match};
use super::mode::Mode;
use super::numbers::Numbers;
use super::row::Row;

/// The facts of one backend.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact of a database")]
pub(crate) struct Capabilities {
    /// The quotes around a name.
    pub(crate) quote: char,
    /// How the parameters of a statement are written.
    pub(crate) parameters: Parameters,
    /// Returns why a name is not allowed for a table or a column, if so.
    pub(crate) refuse_name: fn(&str) -> Option<&'static str>,
    /// The maximum number of values that one statement may bind.
    pub(crate) most_values: usize,
    /// Whether one string may contain several statements with bound values.
    pub(crate) several_in_one_string: bool,
    /// Whether `(a, b) IN ((?, ?), ..)` finds each row by an index.
    pub(crate) row_in_uses_indexes: bool,
    /// Whether `(a, b) > (?, ?)` begins to read an index at these values.
    pub(crate) row_comparison_uses_indexes: bool,
    /// Whether the end of a long text or blob counts in an order.
    pub(crate) sorts_whole_values: bool,
    /// Whether `order_by` sorts NULL as the greatest value by default.
    pub(crate) nulls_are_greatest: bool,
    /// Tests a text that is not NULL. The closure binds a value and returns its parameter.
    pub(crate) matches: fn(Expr, Match, &str, &mut dyn FnMut(Bound) -> Expr) -> Expr,
    pub(crate) aggregates: Aggregates,
    pub(crate) computing: Computing,
    pub(crate) inserts: Inserts,
    pub(crate) updates: UpdateForm,
    /// Whether an UPDATE returns columns of its rows.
    pub(crate) updates_return: bool,
    pub(crate) locks: Locks,
    pub(crate) marks: Marks,
    pub(crate) transactions: Transactions,
    pub(crate) references: References,
    pub(crate) schema: Schema,
    pub(crate) capture: Capture,
}

/// How the parameters of a statement are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the backends that are compiled in may have only one form")]
pub(crate) enum Parameters {
    /// `?`
    Plain,
    /// `$1`
    Numbered,
}

impl Parameters {
    /// Returns the parameter of this number, counted from 1.
    pub(crate) fn of(self, number: usize) -> String {
        match self {
            Self::Plain => "?".into(),
            Self::Numbered => format!("${number}"),
        }
    }
}

/// The differences between aggregates of numbers.
pub(crate) struct Aggregates {
    /// Returns the sum of an expression. That of integers is exact, as a text.
    pub(crate) sum: fn(Numbers, Expr) -> Expr,
    /// Returns the average of an expression, as [`Numbers`] has it.
    pub(crate) average: fn(Numbers, Expr) -> Expr,
    /// Whether the error reports that a sum of integers is too large.
    pub(crate) is_overflow: fn(&dyn DatabaseError) -> bool,
}

/// The differences between expressions.
pub(crate) struct Computing {
    /// The operator whose quotient of integers is an integer.
    pub(crate) divide_integers: BinOper,
    /// Makes the quotient NULL if the divisor is zero, if a write would treat that otherwise than a read does.
    pub(crate) divisor: fn(Expr) -> Expr,
    /// Joins two texts.
    pub(crate) concat: fn([Expr; 2]) -> Expr,
    /// Makes an integer outside of its column's range an error, if the database does not.
    pub(crate) check_integer: fn(Expr, i64, i64) -> Expr,
    /// Returns the number after that of an expression, which is an error after the greatest one.
    pub(crate) next: fn(&str, i64) -> String,
}

/// The columns of a unique key of a model.
pub(crate) struct UniqueKey<'a> {
    pub(crate) columns: &'a [&'a str],
    #[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "only MySQL does not name the columns of this key"))]
    pub(crate) is_primary: bool,
}

/// The differences between INSERTs.
pub(crate) struct Inserts {
    /// The clause after the table in an INSERT of a row of defaults.
    pub(crate) defaults: &'static str,
    /// The value of a key that the database generates.
    pub(crate) made_key: &'static str,
    /// How the generated keys are read.
    pub(crate) made_keys: MadeKeys,
    /// The largest integer type, if a returned key must be cast to it.
    pub(crate) returned_key_type: Option<&'static str>,
    /// Whether an INSERT that skips existing links returns the links that it made. Otherwise it makes all
    /// links or fails.
    pub(crate) returns_made_links: bool,
    /// Whether values were refused because of this unique key, and not of another one.
    pub(crate) is_of_key: fn(&dyn DatabaseError, &UniqueKey<'_>) -> bool,
    /// Returns an INSERT of links that skips existing ones. The arguments are the INSERT and the columns of
    /// the pair.
    pub(crate) insert_missing: fn(&str, &[String]) -> String,
    /// Whether the error reports that such an INSERT violated a unique key other than the pair's.
    pub(crate) is_other_key: fn(&dyn DatabaseError) -> bool,
    /// Whether `ON CONFLICT (..) DO UPDATE` exists, which names one unique key, and returns rows.
    pub(crate) on_conflict: bool,
    pub(crate) attached: AttachedForm,
}

/// How the statement of a save also inserts rows of another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the backends that are compiled in may have only one form")]
pub(crate) enum AttachedForm {
    /// One statement, which inserts the rows from those that a WITH clause wrote.
    WithClause,
    /// Two statements in one string.
    OneString,
    /// A block of statements with its own transaction. Not every server has blocks. The first query finds out, and
    /// fails if not.
    Block { probe: &'static str },
}

/// How the keys are read that the database generates for the rows of one INSERT.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the backends that are compiled in may have only one form")]
pub(crate) enum MadeKeys {
    /// The INSERT returns each key, because other sessions may take keys in between at any time.
    Returned,
    /// The keys are counted back from the last one, which the database reports, unless this query finds a
    /// row. The arguments are the quoted names of the schema, of the table with its schema, and of the key. The
    /// query binds the table's name twice.
    Counted { unless: fn(Option<&str>, &str, &str) -> String },
}

/// How different values are written to many rows in one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the backends that are compiled in may have only one form")]
pub(crate) enum UpdateForm {
    /// `UPDATE .. FROM (VALUES ..)`
    FromValues,
    /// `UPDATE .. JOIN (SELECT ..)`
    JoinSelect,
}

/// How rows are locked. All texts are empty if no one else can write while a transaction is open.
pub(crate) struct Locks {
    /// The clause that prevents other sessions from writing the selected rows until the end of the
    /// transaction.
    pub(crate) exclusive: &'static str,
    /// Works as `exclusive`, but other sessions may write rows that reference the selected rows.
    pub(crate) no_key: &'static str,
    /// The clause that prevents other sessions from changing the selected rows, and reads their latest
    /// version.
    pub(crate) shared: &'static str,
    /// Whether missing rows are locked too, so that other sessions cannot insert them.
    pub(crate) gaps: bool,
    /// Whether a SELECT that waits for a row that another session deletes misses the row that it inserts in
    /// its place. The SELECT then continues with the rows that existed when it began.
    pub(crate) misses_replaced: bool,
    /// Whether a plain SELECT reads the snapshot of the first one in its transaction.
    pub(crate) reads_snapshot: bool,
}

impl Locks {
    /// Returns whether rows are locked before they are written.
    pub(crate) fn are_taken(&self) -> bool {
        !self.exclusive.is_empty()
    }
}

/// The mark of a session, by which a connection of the application's own pool is recognized.
pub(crate) struct Marks {
    /// A query that finds a row if the session has the mark.
    pub(crate) is_set: &'static str,
    /// The statement that sets the mark.
    pub(crate) set: &'static str,
}

/// How transactions begin and end.
pub(crate) struct Transactions {
    /// Returns the statement that begins one.
    pub(crate) begin: fn(Mode) -> String,
    /// Whether a read-only transaction leaves its connection read-only, unless the mode is reset.
    pub(crate) read_only_outlives: bool,
    /// Whether a COMMIT fails if the database has ended the transaction. If not, the status is checked before
    /// a COMMIT.
    pub(crate) commit_fails_after_end: bool,
    /// Whether the error reports that the savepoint or transaction does not exist.
    pub(crate) has_nothing_to_undo: fn(&dyn DatabaseError) -> bool,
    /// Whether the database refuses all other statements after a rollback to a savepoint that does not exist.
    pub(crate) savepoint_must_be_there: bool,
}

/// How references between rows are checked.
pub(crate) struct References {
    /// Whether the checks can wait until the commit.
    pub(crate) can_wait: bool,
    /// The statement that defers the checks.
    pub(crate) defer: &'static str,
    /// The statement that ends the deferral. `None` if a rollback restores the previous setting.
    pub(crate) recheck: Option<&'static str>,
    /// Whether the deferral outlasts the transaction and must be ended after it.
    pub(crate) deferral_outlives: bool,
}

impl References {
    /// Returns the statement to send after a rollback that did not end the deferral.
    pub(crate) fn reset(&self) -> Option<&'static str> {
        self.recheck.filter(|_| self.deferral_outlives)
    }
}

/// The differences between tables.
pub(crate) struct Schema {
    /// The type of a JSON document.
    #[cfg_attr(not(feature = "json"), expect(dead_code, reason = "only JSON columns read it"))]
    pub(crate) json_type: &'static str,
    /// Returns the type of a column from `(type, is_short, has_default)`. A short column has an index or is
    /// unique.
    pub(crate) column_type: fn(Cow<'static, str>, bool, bool) -> Cow<'static, str>,
    /// Makes the database generate keys of this type, if it can.
    pub(crate) make_keys: fn(&mut ColumnDef, &str),
    /// Returns the statements that create a table, and those that create its indexes.
    pub(crate) create: fn(TableCreateStatement, Vec<IndexCreateStatement>) -> (String, Vec<String>),
    /// Returns the end of the statement that adds a reference to a table. The argument is whether the other
    /// table exists. `None` if the table is created with the reference.
    pub(crate) added_reference: fn(bool) -> Option<&'static str>,
    /// Whether the error reports that another constraint has the name.
    pub(crate) is_name_taken: fn(&dyn DatabaseError) -> bool,
    /// A query that finds a row if a table has the reference of this name, because another program may have
    /// added it. The argument is the schema, as for `key_facts`. It binds both names.
    pub(crate) reference_is_there: Option<fn(&str) -> String>,
    /// A query that finds a row if statements on this database find a model's table, in any schema. Its
    /// column `is_table` is whether indexes can be created for it by the model's name for it. The argument is the
    /// schema, as for `key_facts`. It binds the table's name.
    ///
    /// Temporary tables of SQLite and MySQL do not count, because only one connection has them.
    pub(crate) table_is_there: fn(&str) -> String,
    /// The statement that lets only one program at a time create tables, until the end of the transaction.
    pub(crate) lock: Option<&'static str>,
    /// Returns the query of a table's facts about its key of this number of columns. It binds the names of the
    /// table and of the columns, and finds no row if the table does not exist. Its column `unique_columns` is
    /// that of [`KeyFacts`].
    ///
    /// The other argument is the schema as SQL: a text, or `implied`.
    pub(crate) key_facts: fn(usize, &str) -> String,
    /// The SQL that stands for the schema of a table without one.
    pub(crate) implied: &'static str,
    /// Returns what these queries bind as the table, from its name in quotes with its schema, and its plain name.
    pub(crate) sought_table: fn(String, &str) -> String,
    /// Whether CREATE INDEX names the schema before the index, and not before the table.
    pub(crate) qualifies_indexes: bool,
    /// Returns whether a table of the first schema can have a reference to one of the second. `None` is a table
    /// without a schema in its name.
    pub(crate) can_reference: fn(Option<&str>, Option<&str>) -> bool,
    /// Whether that query binds the table's name a second time.
    pub(crate) key_facts_name_table_twice: bool,
    /// Reads a row of that query.
    pub(crate) read_key_facts: fn(&Row<'_>) -> Result<KeyFacts, sqlx::Error>,
    /// Whether it depends on the key's column whether the database generates keys.
    pub(crate) makes_keys_for_some_columns: bool,
}

/// The facts about the key's columns in a model's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    /// The number of columns of the widest unique index that has only columns of the key; 0 if there is none.
    pub(crate) unique_columns: i64,
    /// The kind of the column, if the database generates no keys for it. Only SQLite is asked.
    pub(crate) not_generated: Option<String>,
    /// For each part of the key, the type to which a text must be cast so that it is compared as the column is.
    /// Only PostgreSQL is asked. Empty if no part needs a cast.
    pub(crate) compared_as: Vec<Option<String>>,
}

impl KeyFacts {
    /// Returns whether the schema forbids two rows with the same key.
    pub(crate) fn is_unique(&self) -> bool {
        self.unique_columns > 0
    }
}

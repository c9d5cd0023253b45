//! What a database can do, and the words in which it is asked: all that statements depend on.

use std::borrow::Cow;

use sea_query::{ColumnDef, Expr, IndexCreateStatement, TableCreateStatement};
use sqlx::error::DatabaseError;

use super::matching::{Bound, Match};
use super::mode::Mode;
use super::row::Row;

/// The facts of one backend.
pub(crate) struct Capabilities {
    /// The quotes around a name.
    pub(crate) quote: char,
    /// How the parameters of a statement are written.
    pub(crate) parameters: Parameters,
    /// Why it does not take a name for a table or a column, if so.
    pub(crate) refuse_name: fn(&str) -> Option<&'static str>,
    /// How many values one statement may bind.
    pub(crate) most_values: usize,
    /// Whether several statements with bound values go in one string.
    pub(crate) several_in_one_string: bool,
    /// Whether `order_by` has NULL as the greatest value, if nothing is said.
    pub(crate) nulls_are_greatest: bool,
    /// Tests a text that is not NULL. The closure binds a value, and gives its parameter.
    pub(crate) matches: fn(Expr, Match, &str, &mut dyn FnMut(Bound) -> Expr) -> Expr,
    pub(crate) inserts: Inserts,
    pub(crate) updates: UpdateForm,
    pub(crate) locks: Locks,
    pub(crate) transactions: Transactions,
    pub(crate) references: References,
    pub(crate) schema: Schema,
}

/// How the parameters of a statement are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the backends that are compiled in may have one way alone")]
pub(crate) enum Parameters {
    /// `?`
    Plain,
    /// `$1`
    Numbered,
}

impl Parameters {
    /// The parameter of this number, counted from 1.
    pub(crate) fn of(self, number: usize) -> String {
        match self {
            Self::Plain => "?".into(),
            Self::Numbered => format!("${number}"),
        }
    }
}

/// What is special about its INSERTs.
pub(crate) struct Inserts {
    /// What follows the table in an INSERT of a row of defaults.
    pub(crate) defaults: &'static str,
    /// The value of a key that the database makes.
    pub(crate) made_key: &'static str,
    /// How the keys are learned that it makes.
    pub(crate) made_keys: MadeKeys,
    /// Whether a key that is returned has to be cast to the largest whole number.
    pub(crate) casts_returned_key: bool,
    /// Whether an INSERT that leaves links alone which are there returns those that it made. Else it makes all or is refused.
    pub(crate) returns_made_links: bool,
    /// Whether a refused value is that of this column, and not of another one.
    pub(crate) is_of_column: fn(&dyn DatabaseError, &str) -> bool,
    /// An INSERT of links that leaves those alone which are there. It is given the INSERT, and the columns of the pair.
    pub(crate) insert_missing: fn(&str, &str, &str) -> String,
    /// Whether the error says that such an INSERT met another unique key than the pair's.
    pub(crate) is_other_key: fn(&dyn DatabaseError) -> bool,
}

/// How the keys are learned that the database makes for the rows of one INSERT.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the backends that are compiled in may have one way alone")]
pub(crate) enum MadeKeys {
    /// The INSERT returns each: others may take keys in between at any time.
    Returned,
    /// They are counted back from the last, which is told without being asked; unless this query finds a row. It is given the quoted names of the table and
    /// of the key, and binds the table's name twice.
    Counted { unless: fn(&str, &str) -> String },
}

/// How different values are written to many rows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the backends that are compiled in may have one way alone")]
pub(crate) enum UpdateForm {
    /// `UPDATE .. FROM (VALUES ..)`
    FromValues,
    /// `UPDATE .. JOIN (SELECT ..)`
    JoinSelect,
}

/// How rows are locked. All of it is empty where nobody else writes while a transaction is open.
pub(crate) struct Locks {
    /// What keeps others from writing the selected rows until the end of the transaction.
    pub(crate) exclusive: &'static str,
    /// The same, while others may write rows that reference these.
    pub(crate) no_key: &'static str,
    /// What keeps others from changing the selected rows, which are read as they are now.
    pub(crate) shared: &'static str,
    /// Whether rows that are not there are locked too, so that others cannot insert them.
    pub(crate) gaps: bool,
    /// Whether a SELECT that waits for a row misses the one that others inserted when they had deleted it: it goes on with the rows of its beginning.
    pub(crate) misses_replaced: bool,
    /// Whether a plain SELECT shows what was there at the first one of its transaction.
    pub(crate) reads_snapshot: bool,
}

impl Locks {
    /// Whether rows that are about to be written are locked.
    pub(crate) fn are_taken(&self) -> bool {
        !self.exclusive.is_empty()
    }
}

/// How transactions begin and end.
pub(crate) struct Transactions {
    /// Begins one.
    pub(crate) begin: fn(Mode) -> String,
    /// Whether a read-only transaction leaves its connection read-only, unless its mode is reset.
    pub(crate) read_only_outlives: bool,
    /// Whether a COMMIT fails if the database has ended the transaction. Else it has to be asked before.
    pub(crate) commit_fails_after_end: bool,
    /// Whether the error says that there is no such savepoint or transaction.
    pub(crate) has_nothing_to_undo: fn(&dyn DatabaseError) -> bool,
    /// Whether no other statement is taken after it was asked to undo a savepoint that is not there.
    pub(crate) savepoint_must_be_there: bool,
}

/// How references between rows are checked.
pub(crate) struct References {
    /// Whether they can wait for the commit, which checks them.
    pub(crate) can_wait: bool,
    /// Lets them be wrong.
    pub(crate) defer: &'static str,
    /// Checks them again. `None` if a rollback restores what held before.
    pub(crate) mind: Option<&'static str>,
    /// Whether they have to be minded again after the transaction.
    pub(crate) deferral_outlives: bool,
}

impl References {
    /// What is sent after a rollback that did not check references again.
    pub(crate) fn reset(&self) -> Option<&'static str> {
        self.mind.filter(|_| self.deferral_outlives)
    }
}

/// What is special about its tables.
pub(crate) struct Schema {
    /// The type of a JSON document.
    pub(crate) json_type: &'static str,
    /// The type of a column: `(type, is_short, has_default)`, where a short one has an index or is unique.
    pub(crate) column_type: fn(Cow<'static, str>, bool, bool) -> Cow<'static, str>,
    /// Lets the database make keys of this type, if it does.
    pub(crate) make_keys: fn(&mut ColumnDef, &str),
    /// The texts that make a table, and those that make its indexes.
    pub(crate) create: fn(TableCreateStatement, Vec<IndexCreateStatement>) -> (String, Vec<String>),
    /// How the statement ends that adds a reference to a table, given whether the other table is there. `None` if the table is made with the reference.
    pub(crate) added_reference: fn(bool) -> Option<&'static str>,
    /// Whether the error says that another constraint has the name.
    pub(crate) is_name_taken: fn(&dyn DatabaseError) -> bool,
    /// A query that finds a row if a table has the reference of this name, where another program may have added it meanwhile. It binds both names.
    pub(crate) reference_is_there: Option<&'static str>,
    /// A query that finds a row if a statement of this database finds a model's table, wherever it is: in `is_table`, whether indexes can be made for it by its
    /// name alone. It binds the table's name.
    ///
    /// Temporary tables of SQLite and MySQL do not count: one connection alone has them.
    pub(crate) table_is_there: &'static str,
    /// The statement that lets one program at a time make tables, until the end of the transaction.
    pub(crate) lock: Option<&'static str>,
    /// The query of what a table says of its key. It binds the names of the table and of the key, and finds no row if the table is not there.
    pub(crate) key_facts: &'static str,
    /// Whether that query binds the table's name once more.
    pub(crate) key_facts_name_table_twice: bool,
    /// Reads a row of that query.
    pub(crate) read_key_facts: fn(&Row<'_>) -> Result<KeyFacts, sqlx::Error>,
    /// Whether it depends on the key's column that the database makes keys.
    pub(crate) makes_keys_for_some_columns: bool,
}

/// What a model's table says of the key's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    /// Whether the schema lets no two rows have the same key.
    pub(crate) unique: bool,
    /// What the column is that the database makes no keys for. Only SQLite is asked.
    pub(crate) not_generated: Option<String>,
    /// The type that a text has to be cast to so that it is compared as the column is. Only PostgreSQL is asked.
    pub(crate) compared_as: Option<String>,
}

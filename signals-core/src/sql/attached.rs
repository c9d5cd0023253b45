//! Statements of a save that insert rows of another table too.

use std::ptr;
use std::sync::Arc;

use super::{AttachedStatement, Statements, kept_or_built, names_of, placeholder, quoted};
use crate::backend::{AttachedForm, Backend};
use crate::db::Statement;
use crate::model::FieldSet;

/// The name of the key that the database generates, in a statement. In a block it is a variable, which would hide
/// a column of its name.
const KEY: &str = "signals_written_key";
/// The name of the number of written rows.
const ROWS: &str = "signals_written_rows";

/// A table whose rows the statement of a save may insert.
#[doc(hidden)]
#[derive(Debug)]
pub struct AttachedTable {
    /// The name of the table.
    pub name: &'static str,
    /// The columns that are bound.
    pub columns: &'static [&'static str],
    /// The text columns that contain the key of the saved row. They are bound after the others: each as one text,
    /// or as two around the key if the database generates it.
    pub keyed: &'static [&'static str],
    /// Columns with the same number in all rows.
    pub constants: &'static [(&'static str, i32)],
}

impl Statements {
    /// Returns the INSERT with this number of rows of another table.
    pub(crate) fn insert_attaching(
        &self,
        is_unset: bool,
        table: &'static AttachedTable,
        rows: usize,
    ) -> Arc<Statement> {
        let bound = self.meta.inserted(is_unset).len();
        if is_unset {
            self.attaching(AttachedStatement::InsertUnset, &self.insert_unset, bound, table, rows)
        } else {
            self.attaching(AttachedStatement::Insert, &self.insert, bound, table, rows)
        }
    }

    /// Returns an UPDATE with this number of rows of another table. `fields` are the columns that it is limited to.
    pub(crate) fn update_attaching(
        &self,
        update: &Statement,
        fields: Option<FieldSet>,
        table: &'static AttachedTable,
        rows: usize,
    ) -> Arc<Statement> {
        let bound = fields.unwrap_or_else(|| self.meta.updated()).len() + self.meta.primary_key_columns().len();
        self.attaching(AttachedStatement::Update(fields.map(FieldSet::bits)), update, bound, table, rows)
    }

    /// Returns `write`, which binds this number of values, with the rows of another table.
    fn attaching(
        &self,
        what: AttachedStatement,
        write: &Statement,
        bound: usize,
        table: &'static AttachedTable,
        rows: usize,
    ) -> Arc<Statement> {
        let key = (what, ptr::from_ref(table).addr(), rows);
        kept_or_built(&self.attaching, key, || {
            let text = write.text();
            Texts { backend: self.backend, write: text.as_str(), bound, what, table, rows }.text()
        })
    }
}

/// The parts of a text.
struct Texts<'a> {
    backend: Backend,
    /// The statement that writes the row.
    write: &'a str,
    /// The number of values that it binds.
    bound: usize,
    what: AttachedStatement,
    table: &'static AttachedTable,
    rows: usize,
}

impl Texts<'_> {
    fn text(&self) -> String {
        let (write, insert) = (self.write, self.insert());
        match self.backend.capabilities().inserts.attached {
            AttachedForm::WithClause => {
                let returning = if self.is_made() { "" } else { " RETURNING 1" };
                // Several rows of one key are an error, which is found after the statement.
                let (one, from) = if self.depends_on_rows() {
                    (format!("one AS (SELECT {KEY} FROM written LIMIT 1), "), " FROM one")
                } else {
                    (String::new(), "")
                };
                let attached = format!("attached AS ({insert} {})", self.selects(from));
                format!("WITH written({KEY}) AS ({write}{returning}), {one}{attached} SELECT {KEY} FROM written")
            }
            AttachedForm::OneString if self.depends_on_rows() => {
                // Read once, since each inserted row changes it.
                let one = format!("WITH one({KEY}) AS MATERIALIZED (SELECT last_insert_rowid() WHERE changes() > 0)");
                format!("{write}; {one} {insert} {}", self.selects(" FROM one"))
            }
            AttachedForm::OneString => format!("{write}; {insert} {}", self.selects("")),
            AttachedForm::Block { .. } => {
                let values = (0..self.rows).map(|row| format!("({})", self.values(row))).collect::<Vec<_>>().join(", ");
                let insert = if self.depends_on_rows() {
                    format!("IF {ROWS} > 0 THEN {insert} VALUES {values}; END IF")
                } else {
                    format!("{insert} VALUES {values}")
                };
                // If the table generates its key in another way, the last one of the session is of another table.
                let forget = if self.is_made() { "SET SESSION last_insert_id = 0; " } else { "" };
                format!(
                    "BEGIN NOT ATOMIC DECLARE {ROWS} BIGINT; DECLARE {KEY} BIGINT; {forget}START TRANSACTION; {write}; \
                     SET {ROWS} = ROW_COUNT(), {KEY} = LAST_INSERT_ID(); {insert}; COMMIT; SELECT {ROWS}, {KEY}; END"
                )
            }
        }
    }

    /// Returns whether the database generates the key.
    fn is_made(&self) -> bool {
        self.what == AttachedStatement::InsertUnset
    }

    /// Returns whether the rows are inserted only if the write has found or returned its row. An INSERT with a known
    /// key has written the row or fails, even if a trigger has put the row elsewhere and none is counted.
    fn depends_on_rows(&self) -> bool {
        self.what != AttachedStatement::Insert
    }

    /// Returns the beginning of the INSERT of the other table.
    fn insert(&self) -> String {
        let AttachedTable { name, columns, keyed, constants } = self.table;
        let constants = constants.iter().map(|(column, _)| column);
        let columns = columns.iter().chain(*keyed).chain(constants).map(|column| quoted(self.backend, column));
        format!("INSERT INTO {} ({})", quoted(self.backend, name), columns.collect::<Vec<_>>().join(", "))
    }

    /// Returns a SELECT of each row, from the relation that has the key.
    fn selects(&self, from: &str) -> String {
        let select = |row| format!("SELECT {}{from}", self.values(row));
        (0..self.rows).map(select).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Returns the values of a row.
    fn values(&self, row: usize) -> String {
        let AttachedTable { columns, keyed, constants, .. } = self.table;
        let width = if self.is_made() { 2 } else { 1 };
        let first = self.bound + row * (columns.len() + keyed.len() * width) + 1;
        let bound = names_of(first..first + columns.len(), |place| placeholder(self.backend, place));
        let first = first + columns.len();
        let keyed = names_of((first..first + keyed.len() * width).step_by(width), |place| self.keyed(place));
        let constants: Vec<_> = constants.iter().map(|(_, value)| value.to_string()).collect();
        [bound, keyed, constants.join(", ")].join(", ")
    }

    /// Returns the value of a column with the key.
    fn keyed(&self, place: usize) -> String {
        let before = placeholder(self.backend, place);
        if !self.is_made() {
            return before;
        }
        let after = placeholder(self.backend, place + 1);
        match self.backend.capabilities().inserts.attached {
            AttachedForm::Block { .. } => format!("CONCAT({before}, {KEY}, {after})"),
            _ => format!("{before} || {KEY} || {after}"),
        }
    }
}

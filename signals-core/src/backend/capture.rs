//! Triggers that record the writes of others in the table `signals_capture`, and the marks by which they skip the
//! statements of this library.

/// The beginning of the statement that sets the mark of a database without statement marks.
const MARK: &str = "REPLACE INTO signals_capture ";
/// The statement that removes such a mark.
pub(crate) const UNMARK: &str = "DELETE FROM signals_capture WHERE id = 0";

/// Returns whether a text begins with a statement that sets a mark.
pub(crate) fn is_marked(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The triggers of a database.
pub(crate) struct Capture {
    /// Returns how a statement of this library marks itself for the triggers of a table.
    pub(crate) own_write: fn(&str) -> OwnWrite,
    /// Returns the triggers of a table.
    pub(crate) triggers: fn(&CaptureTable) -> Vec<Trigger>,
    /// Returns the statement that drops a trigger, from the quoted names of the trigger and of its table.
    pub(crate) drop: fn(&str, &str) -> String,
    /// Returns how to read recorded rows as rows of the table.
    pub(crate) read: fn(&CaptureTable, Image) -> CaptureRead,
}

/// How recorded rows are read.
#[derive(Debug)]
pub(crate) struct CaptureRead {
    /// The FROM clause.
    pub(crate) from: String,
    /// What to select for each column.
    pub(crate) values: Vec<String>,
    /// The condition that a recorded row has all columns. One that it lacks would be read as NULL.
    pub(crate) is_complete: String,
}

/// How a statement marks itself.
#[derive(Debug, Default)]
pub(crate) struct OwnWrite {
    /// The text before it.
    pub(crate) before: String,
    /// The text after its first word.
    pub(crate) after_verb: String,
}

/// A table whose writes are recorded.
#[derive(Debug)]
pub(crate) struct CaptureTable {
    pub(crate) name: String,
    /// The name in quotes.
    pub(crate) quoted: String,
    pub(crate) columns: Vec<CaptureColumn>,
    /// The triggers after an INSERT, an UPDATE and a DELETE: the name, and the name in quotes.
    pub(crate) triggers: [(String, String); 3],
}

/// A column of such a table.
#[derive(Debug)]
#[allow(dead_code, reason = "the backends that are compiled in may need only some")]
pub(crate) struct CaptureColumn {
    pub(crate) name: String,
    /// The name in quotes.
    pub(crate) quoted: String,
    pub(crate) sql_type: String,
    pub(crate) is_nullable: bool,
}

/// One of the two rows of a recorded write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Image {
    /// Before the write.
    Old,
    /// After the write.
    New,
}

impl Image {
    /// Returns the column of `signals_capture`.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::Old => "old_row",
            Self::New => "new_row",
        }
    }
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    /// What it needs first, such as a function. It may be there already.
    pub(crate) before: Option<String>,
    /// The statement that creates it.
    pub(crate) create: String,
    /// Texts that its definition in the database has, unless it is another version.
    pub(crate) signs: Vec<String>,
}

/// The three kinds of writes: the letter, the keyword, and the images.
pub(super) const OPERATIONS: [(&str, &str, &[Image]); 3] =
    [("I", "INSERT", &[Image::New]), ("U", "UPDATE", &[Image::Old, Image::New]), ("D", "DELETE", &[Image::Old])];

/// Returns the statement that sets the mark for a table, on a database without statement marks.
#[cfg(feature = "sqlite")]
pub(super) fn mark(table: &str) -> String {
    format!("{MARK}(id, table_name, operation, captured_at) VALUES (0, {}, 'own', 0); ", text(table))
}

/// Returns a text as SQL.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns the JSON path of a name.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(super) fn path(name: &str) -> String {
    format!("$.\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the sign of a version of a trigger, by its text.
pub(super) fn sign(text: &str) -> String {
    format!(
        "signals:{:016x}",
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    )
}

//! Triggers of MariaDB and MySQL.

use crate::backend::capture::{
    self, Capture, CaptureColumn, CaptureRead, CaptureTable, Image, OPERATIONS, OwnWrite, Trigger, sign,
};

pub(super) const CAPTURE: Capture = Capture {
    // A variable for this statement alone, which InnoDB does not use. MariaDB has a clause for it, and MySQL a hint; each
    // reads the other's as a comment.
    own_write: |table| {
        let mark = mark(table);
        OwnWrite {
            before: format!("/*M!100102 SET STATEMENT bulk_insert_buffer_size = {mark} FOR */ "),
            after_verb: format!(" /*+ SET_VAR(bulk_insert_buffer_size = {mark}) */"),
        }
    },
    triggers,
    drop: |name, _| format!("DROP TRIGGER IF EXISTS {name}"),
    read,
};

/// Returns the value of the variable that marks a statement on a table.
fn mark(table: &str) -> u32 {
    let hash = table.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    9_000_000 + hash % 1_000_000
}

/// Returns a text as SQL, in which a backslash is an escape.
fn text(text: &str) -> String {
    capture::text(&text.replace('\\', "\\\\"))
}

/// Returns a name as a JSON path.
fn path(name: &str) -> String {
    text(&capture::path(name))
}

/// How a value is written to JSON and read from it.
enum Form {
    /// As the text that the database makes of it.
    Plain,
    /// As text, whatever the type is called.
    Text,
    /// Hexadecimal.
    Bytes,
    /// With the digits of a DOUBLE.
    Float,
    /// In seconds, since its text depends on the session.
    Timestamp,
}

impl Form {
    fn of(column: &CaptureColumn) -> Self {
        let upper = column.sql_type.to_ascii_uppercase();
        let first = upper.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        match first {
            "BINARY" | "VARBINARY" | "BIT" => Self::Bytes,
            blob if blob.ends_with("BLOB") => Self::Bytes,
            "FLOAT" => Self::Float,
            "TIMESTAMP" => Self::Timestamp,
            "BOOLEAN" | "BOOL" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "INTEGER" | "BIGINT" | "DECIMAL"
            | "NUMERIC" | "DOUBLE" | "DATE" | "DATETIME" | "TIME" | "YEAR" => Self::Plain,
            _ => Self::Text,
        }
    }
}

fn triggers(table: &CaptureTable) -> Vec<Trigger> {
    let name = text(&table.name);
    let each = OPERATIONS.iter().zip(&table.triggers).map(|((letter, verb, images), (trigger, quoted))| {
        let columns: Vec<_> = images.iter().map(|image| image.column()).collect();
        let values: Vec<_> = images.iter().map(|image| object(table, *image)).collect();
        let condition = format!("@@SESSION.bulk_insert_buffer_size <> {}", mark(&table.name));
        let body = format!(
            "AFTER {verb} ON {on} FOR EACH ROW\nIF {condition} THEN\n  \
             INSERT INTO signals_capture (table_name, operation, actor, {columns}, captured_at)\n  \
             VALUES ({name}, '{letter}', COALESCE(@signals_actor, USER()), {values}, \
             CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED));",
            on = table.quoted,
            columns = columns.join(", "),
            values = values.join(", "),
        );
        let sign = sign(&body);
        let create = format!("CREATE TRIGGER IF NOT EXISTS {quoted} {body} /* {sign} */\nEND IF");
        Trigger { name: trigger.clone(), before: None, create, signs: vec![sign] }
    });
    each.collect()
}

fn object(table: &CaptureTable, image: Image) -> String {
    let row = if image == Image::Old { "OLD" } else { "NEW" };
    let columns = table.columns.iter().map(|column| {
        let value = format!("{row}.{}", column.quoted);
        let value = match Form::of(column) {
            Form::Plain | Form::Text => value,
            Form::Bytes => format!("HEX({value})"),
            Form::Float => format!("CAST({value} AS DOUBLE)"),
            Form::Timestamp => format!("UNIX_TIMESTAMP({value})"),
        };
        format!("{}, CAST({value} AS CHAR CHARACTER SET utf8mb4)", text(&column.name))
    });
    format!("JSON_OBJECT({})", columns.collect::<Vec<_>>().join(", "))
}

fn read(table: &CaptureTable, image: Image) -> CaptureRead {
    const TEXT: &str = "LONGTEXT CHARACTER SET utf8mb4";
    let (mut typed, mut values) = (Vec::new(), Vec::new());
    for (place, column) in table.columns.iter().enumerate() {
        let read = format!("signals_row.c{place}");
        let (sql_type, value) = match Form::of(column) {
            Form::Plain | Form::Float => (&*column.sql_type, read),
            Form::Text => (TEXT, read),
            Form::Bytes => (TEXT, format!("UNHEX({read})")),
            Form::Timestamp => ("DECIMAL(20, 6)", format!("FROM_UNIXTIME({read})")),
        };
        typed.push(format!("c{place} {sql_type} PATH {} ERROR ON ERROR", path(&column.name)));
        values.push(value);
    }
    let (row, typed) = (image.column(), typed.join(", "));
    let paths: Vec<_> = table.columns.iter().map(|column| path(&column.name)).collect();
    CaptureRead {
        from: format!("signals_capture CROSS JOIN JSON_TABLE({row}, '$' COLUMNS ({typed})) AS signals_row"),
        values,
        is_complete: format!("JSON_CONTAINS_PATH({row}, 'all', {})", paths.join(", ")),
    }
}

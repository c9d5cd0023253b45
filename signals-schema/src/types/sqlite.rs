//! The types of SQLite, which keeps any value in any column. What sqlx reads depends on these kinds.

use super::Canonical;
use super::parse::Parsed;

/// Returns the kind of a column. SQLite takes it from parts of the declared type, and does not check a length.
pub(super) fn canonical(parsed: &Parsed) -> Canonical {
    let name = parsed.name.to_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let kind = match name.as_str() {
        "BOOL" | "BOOLEAN" => "boolean",
        "DATE" => "date",
        "TIME" => "time",
        "DATETIME" | "TIMESTAMP" => "datetime",
        "JSON" | "JSONB" => "json",
        "" => "",
        _ if has(&["INT"]) => "integer",
        _ if has(&["CHAR", "CLOB", "TEXT"]) => "text",
        _ if has(&["BLOB"]) => "blob",
        _ if has(&["REAL", "FLOA", "DOUB"]) => "real",
        _ if has(&["DEC", "NUM", "MONEY"]) => "numeric",
        other => return Canonical { name: other.to_owned(), arguments: Vec::new(), is_unsigned: false, dimensions: 0 },
    };
    Canonical { name: kind.to_owned(), arguments: Vec::new(), is_unsigned: false, dimensions: 0 }
}

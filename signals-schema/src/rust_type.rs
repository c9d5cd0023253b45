//! The types of fields for the types of columns.

mod values;

use std::fmt;

use crate::description::{ColumnSchema, Sample};
use crate::dialect::Dialect;
use crate::types::{Canonical, canonical};

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RustType {
    /// A type of the standard library, or of a crate that sqlx supports.
    Known(Known),
    /// An enum that is printed beside the models, by the name of its type.
    Enum(String),
    /// An array.
    Array(Known),
}

/// A type, with what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) path: &'static str,
    /// The feature of the library that it needs.
    pub(crate) feature: Option<&'static str>,
    /// The form in which SQLite keeps its values, if it is not that of sqlx.
    form: Option<&'static str>,
    /// The databases that do not have it.
    missing: &'static [Dialect],
    /// The type that a model without `sql_type` declares: in SQLite, PostgreSQL and MySQL.
    native: [&'static str; 3],
}

const fn known(path: &'static str, native: [&'static str; 3]) -> Known {
    Known { path, feature: None, form: None, missing: &[], native }
}

const fn of_feature(feature: &'static str, path: &'static str, native: [&'static str; 3]) -> Known {
    Known { feature: Some(feature), ..known(path, native) }
}

const fn in_form(form: &'static str, sqlite: &'static str) -> Known {
    Known { form: Some(form), native: [sqlite, DATE_TIME.native[1], DATE_TIME.native[2]], ..DATE_TIME }
}

use Dialect::{Mysql, Postgres, Sqlite};

const BOOL: Known = known("bool", ["BOOLEAN", "BOOL", "BOOLEAN"]);
const I8: Known = known("i8", ["INTEGER", "\"char\"", "TINYINT"]);
const I16: Known = known("i16", ["INTEGER", "INT2", "SMALLINT"]);
const I32: Known = known("i32", ["INTEGER", "INT4", "INT"]);
const I64: Known = known("i64", ["INTEGER", "INT8", "BIGINT"]);
const U8: Known = Known { missing: &[Postgres], ..known("u8", ["INTEGER", "", "TINYINT UNSIGNED"]) };
const U16: Known = Known { missing: &[Postgres], ..known("u16", ["INTEGER", "", "SMALLINT UNSIGNED"]) };
const U32: Known = Known { missing: &[Postgres], ..known("u32", ["INTEGER", "", "INT UNSIGNED"]) };
const U64: Known = Known { missing: &[Sqlite, Postgres], ..known("u64", ["", "", "BIGINT UNSIGNED"]) };
const F32: Known = known("f32", ["REAL", "FLOAT4", "FLOAT"]);
const F64: Known = known("f64", ["REAL", "FLOAT8", "DOUBLE"]);
const STRING: Known = known("String", ["TEXT", "TEXT", "LONGTEXT"]);
const BYTES: Known = known("Vec<u8>", ["BLOB", "BYTEA", "LONGBLOB"]);
const DATE: Known = of_feature("chrono", "chrono::NaiveDate", ["DATE", "DATE", "DATE"]);
const TIME: Known = of_feature("chrono", "chrono::NaiveTime", ["TIME", "TIME", "TIME(6)"]);
const DATE_TIME: Known = of_feature("chrono", "chrono::NaiveDateTime", ["DATETIME", "TIMESTAMP", "DATETIME(6)"]);
const MOMENT: Known = of_feature("chrono", "chrono::DateTime<chrono::Utc>", ["DATETIME", "TIMESTAMPTZ", "DATETIME(6)"]);
const UUID: Known = of_feature("uuid", "uuid::Uuid", ["BLOB", "UUID", "BINARY(16)"]);
const DECIMAL: Known = Known {
    missing: &[Sqlite],
    ..of_feature("rust_decimal", "rust_decimal::Decimal", ["", "NUMERIC", "DECIMAL(65, 28)"])
};
const IN_DATETIME: Known = Known { form: Some("datetime"), ..DATE_TIME };
const IN_SECONDS: Known = in_form("unix_seconds", "INTEGER");
const IN_MILLIS: Known = in_form("unix_millis", "INTEGER");
const IN_DAYS: Known = in_form("julian_day", "REAL");
/// A field of this type has `#[model(json)]`.
pub(crate) const JSON: Known = of_feature("json", "serde_json::Value", ["TEXT", "JSONB", "JSON"]);

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => f.write_str(known.path),
            Self::Enum(name) => f.write_str(name),
            Self::Array(known) => write!(f, "Vec<{}>", known.path),
        }
    }
}

impl RustType {
    /// Returns the type that a model declares for a field of this type. An enum declares its own.
    pub(crate) fn native(&self, dialect: Dialect, is_keyed: bool) -> Option<String> {
        let of = |known: &Known| known.native[dialect as usize].to_owned();
        match self {
            // A text or bytes with an index have a length in MySQL.
            Self::Known(known) if dialect == Mysql && is_keyed && *known == STRING => Some("VARCHAR(255)".to_owned()),
            Self::Known(known) if dialect == Mysql && is_keyed && *known == BYTES => Some("VARBINARY(255)".to_owned()),
            Self::Known(known) => Some(of(known)),
            Self::Array(known) => Some(of(known) + "[]"),
            Self::Enum(_) => None,
        }
    }

    /// Returns whether the derive accepts it as a key.
    pub(crate) fn is_key(&self) -> bool {
        let others = [STRING, BYTES, UUID, DATE, DECIMAL];
        self.is_counted()
            || matches!(self, Self::Enum(_))
            || matches!(self, Self::Known(known) if others.contains(known))
    }

    /// Returns whether the database can count values of it.
    pub(crate) fn is_counted(&self) -> bool {
        let is_byte = |known: &Known| *known == I8 && !compiled_in().contains(&Postgres);
        matches!(self, Self::Known(known) if is_byte(known) || [I16, I32, I64, U8, U16, U32, U64].contains(known))
    }

    pub(crate) fn is_json(&self) -> bool {
        *self == Self::Known(JSON)
    }

    /// Returns whether it is a date with a time.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Self::Known(known) if [DATE_TIME.path, MOMENT.path].contains(&known.path))
    }

    /// Returns the form in which SQLite keeps its values, if it is not that of sqlx.
    pub(crate) fn form(&self) -> Option<&'static str> {
        match self {
            Self::Known(known) => known.form,
            Self::Array(_) | Self::Enum(_) => None,
        }
    }

    /// Returns the feature of the library that it needs.
    pub(crate) fn feature(&self) -> Option<&'static str> {
        match self {
            Self::Known(known) | Self::Array(known) => known.feature,
            Self::Enum(_) => None,
        }
    }

    /// Returns the crate of the type, if it is not the standard library.
    pub(crate) fn crate_name(&self) -> Option<&'static str> {
        match self {
            Self::Known(known) | Self::Array(known) => known.path.split_once("::").map(|(name, _)| name),
            Self::Enum(_) => None,
        }
    }

    /// Returns a database that is compiled in and does not have it.
    fn missing_on(&self, compiled_in: &[Dialect]) -> Option<Dialect> {
        let missing: &[Dialect] = match self {
            Self::Known(known) => known.missing,
            Self::Array(_) => &[Sqlite, Mysql],
            Self::Enum(_) => &[],
        };
        missing.iter().copied().find(|missing| compiled_in.contains(missing))
    }
}

/// Returns the databases that are compiled in.
pub(crate) fn compiled_in() -> Vec<Dialect> {
    let all =
        [(Sqlite, cfg!(feature = "sqlite")), (Postgres, cfg!(feature = "postgres")), (Mysql, cfg!(feature = "mysql"))];
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(dialect, _)| dialect).collect()
}

/// Returns the type of the field of a column. `enum_name` names an enum for its type in the database.
///
/// # Errors
///
/// Returns why there is no field, and its type if it exists.
pub(crate) fn rust_type(
    dialect: Dialect,
    column: &ColumnSchema,
    compiled_in: &[Dialect],
    enum_name: impl FnOnce(&str) -> String,
) -> Result<RustType, String> {
    let text = column.sql_type.base.as_deref().unwrap_or(&column.sql_type.text);
    let shown = &column.sql_type.text;
    let found = if !column.sql_type.values.is_empty() && dialect == Postgres {
        Some(RustType::Enum(enum_name(&canonical(dialect, shown).name)))
    } else if column.sql_type.is_json {
        Some(RustType::Known(JSON))
    } else {
        known_type(dialect, &canonical(dialect, text), &column.sql_type.samples)
    };
    let Some(found) = found else {
        return Err(match shown.trim() {
            "" => "the column has no type, so its values may be of any".to_owned(),
            _ if dialect == Sqlite => format!("values of any type are in a column of `{shown}`"),
            _ => format!("no Rust type of this library holds `{shown}`"),
        });
    };
    match found.missing_on(compiled_in) {
        Some(Sqlite) => {
            Err(format!("`{shown}` is `{found}`, which SQLite does not have; leave the feature `sqlite` out"))
        }
        Some(Postgres) => {
            Err(format!("`{shown}` is `{found}`, which PostgreSQL does not have; leave the feature `postgres` out"))
        }
        Some(Mysql) => Err(format!("`{shown}` is `{found}`, which MySQL does not have; leave the feature `mysql` out")),
        None => Ok(found),
    }
}

fn known_type(dialect: Dialect, canonical: &Canonical, samples: &[Sample]) -> Option<RustType> {
    let scalar = match dialect {
        Sqlite => of_sqlite(&canonical.name).map(|declared| values::of_values(declared, samples)),
        Postgres => of_postgres(&canonical.name),
        Mysql => of_mysql(canonical),
    }?;
    match canonical.dimensions {
        0 => Some(RustType::Known(scalar)),
        1 if scalar != JSON => Some(RustType::Array(scalar)),
        _ => None,
    }
}

fn of_sqlite(name: &str) -> Option<Known> {
    Some(match name {
        "integer" => I64,
        "real" | "numeric" => F64,
        "blob" => BYTES,
        "boolean" => BOOL,
        "date" => DATE,
        "time" => TIME,
        // Without a time zone, as SQLite's own functions write it.
        "datetime" => DATE_TIME,
        "json" => JSON,
        // In a column of STRING, texts that look like numbers are numbers.
        "" | "ANY" | "STRING" => return None,
        // A text. A column of an unknown type keeps texts as they are, unless they look like numbers.
        _ => STRING,
    })
}

fn of_postgres(name: &str) -> Option<Known> {
    Some(match name {
        "smallint" => I16,
        "integer" => I32,
        "bigint" => I64,
        "real" => F32,
        "double precision" => F64,
        "boolean" => BOOL,
        "text" | "varchar" | "bpchar" | "citext" | "name" => STRING,
        "\"char\"" => I8,
        "bytea" => BYTES,
        "date" => DATE,
        "time" => TIME,
        "timestamp" => DATE_TIME,
        "timestamptz" => MOMENT,
        "uuid" => UUID,
        "numeric" => DECIMAL,
        "json" | "jsonb" => JSON,
        _ => return None,
    })
}

fn of_mysql(canonical: &Canonical) -> Option<Known> {
    Some(match (canonical.name.as_str(), canonical.is_unsigned) {
        ("boolean", _) => BOOL,
        ("tinyint", false) => I8,
        ("smallint", false) => I16,
        ("mediumint" | "int", false) => I32,
        ("bigint", false) => I64,
        ("tinyint", true) => U8,
        ("smallint", true) => U16,
        ("mediumint" | "int", true) => U32,
        ("bigint", true) => U64,
        ("decimal", _) => DECIMAL,
        ("float", _) => F32,
        ("double", _) => F64,
        ("char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "uuid" | "inet6", _) => STRING,
        ("binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob", _) => BYTES,
        ("date", _) => DATE,
        ("time", _) => TIME,
        ("datetime", _) => DATE_TIME,
        ("timestamp", _) => MOMENT,
        ("json", _) => JSON,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::ColumnType;

    fn found(dialect: Dialect, sql_type: &str, compiled_in: &[Dialect]) -> Result<String, String> {
        let sql_type = ColumnType::new(sql_type);
        let column = ColumnSchema {
            name: "a".into(),
            sql_type,
            is_nullable: true,
            default: None,
            generation: None,
            omits_null: false,
            kept: String::new(),
        };
        rust_type(dialect, &column, compiled_in, str::to_owned).map(|ty| ty.to_string())
    }

    #[test]
    fn a_type_that_a_compiled_in_database_lacks_is_no_field() {
        for (dialect, sql_type, ty, other) in [
            (Postgres, "numeric(10,2)", "rust_decimal::Decimal", Sqlite),
            (Postgres, "text[]", "Vec<String>", Mysql),
            (Mysql, "decimal(10,2)", "rust_decimal::Decimal", Sqlite),
            (Mysql, "smallint(5) unsigned", "u16", Postgres),
            (Mysql, "bigint(20) unsigned", "u64", Sqlite),
        ] {
            assert_eq!(found(dialect, sql_type, &[dialect]).as_deref(), Ok(ty), "{sql_type}");
            let why = found(dialect, sql_type, &[dialect, other]).err().unwrap_or_default();
            assert!(why.starts_with(&format!("`{sql_type}` is `{ty}`, which ")), "{why}");
            assert!(why.contains("leave the feature"), "{why}");
        }
    }

    #[test]
    fn unknown_types_are_no_field() {
        for (dialect, sql_type) in [
            (Postgres, "tsvector"),
            (Postgres, "integer[][]"),
            (Postgres, "jsonb[]"),
            (Mysql, "year(4)"),
            (Mysql, "set('a','b')"),
            (Sqlite, ""),
            (Sqlite, "ANY"),
            (Sqlite, "string"),
        ] {
            assert!(found(dialect, sql_type, &[dialect]).is_err(), "{sql_type}");
        }
    }
}

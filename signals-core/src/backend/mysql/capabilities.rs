//! The capabilities of MySQL and MariaDB.

use std::borrow::Cow;

use sea_query::{
    Alias, BinOper, Expr, ExprTrait as _, Func, IndexCreateStatement, MysqlQueryBuilder, TableCreateStatement,
};
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

use super::capture::CAPTURE;
use super::run::has_nothing_to_undo;
use crate::backend::capabilities::{
    Aggregates, AttachedForm, Capabilities, Computing, Inserts, KeyFacts, Locks, MadeKeys, Marks, Parameters,
    References, Schema, Transactions, UniqueKey, UpdateForm,
};
use crate::backend::matching::{Bound, Match, like};
use crate::backend::mode::Mode;
use crate::backend::numbers::Numbers;
use crate::backend::row::Row;

pub(in crate::backend) static CAPABILITIES: Capabilities = Capabilities {
    quote: '`',
    parameters: Parameters::Plain,
    refuse_name,
    most_values: 65_535,
    // It prepares only one statement at a time.
    several_in_one_string: false,
    row_in_uses_indexes: true,
    row_comparison_uses_indexes: false,
    sorts_whole_values: false,
    nulls_are_greatest: false,
    matches,
    aggregates: Aggregates {
        sum: |numbers, column| {
            let sum = match numbers {
                Numbers::Integers => "CAST(SUM(?) AS CHAR)",
                // The column may hold integers, whose sum is a decimal.
                Numbers::Floats => "(SUM(?) + 0e0)",
                #[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
                Numbers::Decimals => "SUM(?)",
            };
            Expr::cust_with_exprs(sum, [column])
        },
        average: |numbers, column| {
            if numbers == Numbers::Integers {
                // The average of integers is a decimal of four places, so the exact sum is divided as a float.
                return Expr::cust_with_exprs("(SUM(?) + 0e0) / COUNT(?)", [column.clone(), column]);
            }
            Expr::cust_with_exprs(if numbers == Numbers::Floats { "(AVG(?) + 0e0)" } else { "AVG(?)" }, [column])
        },
        is_overflow: |_| false,
    },
    computing: Computing {
        divide_integers: BinOper::Custom("DIV"),
        // In the usual mode, an UPDATE that divides by zero is an error, and a SELECT is not.
        divisor: |divisor| Func::cust(Alias::new("NULLIF")).args([divisor, Expr::cust("0")]).into(),
        // `||` is OR, unless a mode of the session is set.
        concat: |texts| Func::cust(Alias::new("CONCAT")).args(texts).into(),
        check_integer: |expr, _, _| expr,
        next: |number, _| format!("{number} + 1"),
    },
    inserts: Inserts {
        defaults: " () VALUES ()",
        made_key: "(DEFAULT)",
        // The keys of one statement are consecutive, except on the servers of a cluster.
        made_keys: MadeKeys::Counted {
            unless: |_, _, _| "SELECT 1 FROM DUAL WHERE @@auto_increment_increment <> 1 AND ? = ?".into(),
        },
        // A key may be unsigned.
        returned_key_type: Some("SIGNED"),
        returns_made_links: false,
        is_of_key,
        insert_missing,
        is_other_key,
        // Its form applies to every unique key.
        on_conflict: false,
        attached: AttachedForm::Block { probe: "BEGIN NOT ATOMIC SELECT ? AS one; END" },
    },
    updates: UpdateForm::JoinSelect,
    updates_return: false,
    locks: Locks {
        exclusive: " FOR UPDATE",
        no_key: " FOR UPDATE",
        shared: " LOCK IN SHARE MODE",
        gaps: true,
        misses_replaced: false,
        reads_snapshot: true,
    },
    marks: Marks { is_set: "SELECT 1 FROM DUAL WHERE @signals_is_announced = 1", set: "SET @signals_is_announced = 1" },
    transactions: Transactions {
        begin,
        read_only_outlives: false,
        // It commits nothing, and reports success.
        commit_fails_after_end: false,
        has_nothing_to_undo,
        savepoint_must_be_there: false,
    },
    references: References {
        // It checks each row at once, or leaves them unchecked for the rest of the connection.
        can_wait: false,
        defer: "SET SESSION foreign_key_checks = 0",
        recheck: Some("SET SESSION foreign_key_checks = 1"),
        deferral_outlives: true,
    },
    schema: Schema {
        json_type: "JSON",
        column_type,
        make_keys: |column, sql_type| {
            if matches!(sql_type.trim_end_matches(" UNSIGNED"), "TINYINT" | "SMALLINT" | "INT" | "BIGINT") {
                column.auto_increment();
            }
        },
        create,
        added_reference: |is_there| if is_there { None } else { Some("") },
        is_name_taken,
        reference_is_there: Some(|schema| {
            format!(
                "SELECT 1 FROM information_schema.TABLE_CONSTRAINTS \
                 WHERE CONSTRAINT_SCHEMA = {schema} AND TABLE_NAME = ? AND CONSTRAINT_NAME = ?"
            )
        }),
        table_is_there: |schema| {
            format!(
                "SELECT CAST(table_type = 'BASE TABLE' AS SIGNED) AS is_table FROM information_schema.tables \
                 WHERE table_schema = {schema} AND table_name = ? AND table_type <> 'TEMPORARY'"
            )
        },
        // It makes only one table at a time.
        lock: None,
        key_facts,
        implied: "DATABASE()",
        sought_table: |_, name| name.to_owned(),
        qualifies_indexes: false,
        // A name without a database is one in the database of the referencing table.
        can_reference: |own, target| own == target || target.is_some(),
        // The server finds a table fast only by a bound name, and looks it up in two places.
        key_facts_name_table_twice: true,
        read_key_facts,
        makes_keys_for_some_columns: false,
    },
    capture: CAPTURE,
};

fn refuse_name(name: &str) -> Option<&'static str> {
    if name.chars().count() > 64 {
        Some("a name there has at most 64 letters")
    } else if name.ends_with(' ') {
        Some("a name there does not end with a space")
    } else if name.contains(|letter| letter > '\u{ffff}') {
        Some("a name there has no letters beyond U+FFFF")
    } else {
        None
    }
}

/// The clause applies to every unique key. For a row of another pair its condition cannot be evaluated, which
/// is error 1690.
fn insert_missing(insert: &str, pair: &[String]) -> String {
    let is_same = pair.iter().map(|column| format!("{column} = VALUES({column})")).collect::<Vec<_>>().join(" AND ");
    let first = pair.first().map_or("", String::as_str);
    let out_of_range = format!("{} + ({first} IS NOT NULL)", u64::MAX);
    let check = format!("CASE WHEN {is_same} THEN 1 ELSE {out_of_range} END");
    format!("{insert} ON DUPLICATE KEY UPDATE {first} = IF({check}, {first}, {first})")
}

fn is_other_key(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == 1690)
}

/// The level applies to the next transaction only.
fn begin(mode: Mode) -> String {
    let isolation = mode.isolation.map(|level| format!("SET TRANSACTION ISOLATION LEVEL {}; ", level.sql()));
    let begin = if mode.read_only { "START TRANSACTION READ ONLY" } else { "BEGIN" };
    format!("{}{begin}", isolation.unwrap_or_default())
}

/// A text with an index or a default needs a length. Any other text can be of any length.
fn column_type(sql_type: Cow<'static, str>, is_short: bool, has_default: bool) -> Cow<'static, str> {
    match &*sql_type {
        "VARCHAR(255)" if !is_short && !has_default => "LONGTEXT".into(),
        "LONGBLOB" if is_short => "VARBINARY(255)".into(),
        _ => sql_type,
    }
}

/// It creates no index conditionally, but it creates those of a new table.
fn create(mut table: TableCreateStatement, indexes: Vec<IndexCreateStatement>) -> (String, Vec<String>) {
    for mut index in indexes {
        table.index(&mut index);
    }
    // Texts are compared as in the other databases, by their letters and their case.
    table.character_set("utf8mb4").collate("utf8mb4_bin").engine("InnoDB");
    (table.to_string(MysqlQueryBuilder), Vec::new())
}

/// A view has no index. A key is unique if an index is, all of whose columns are its own.
fn key_facts(columns: usize, schema: &str) -> String {
    let names = vec!["?"; columns].join(", ");
    format!(
        "WITH parts AS (SELECT INDEX_NAME, COLUMN_NAME AS col, NON_UNIQUE AS many \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = ?), \
         indexes AS (SELECT COUNT(*) AS width, MAX(many) = 0 AND SUM(COALESCE(col IN ({names}), 0)) = COUNT(*) AS is_unique FROM parts GROUP BY INDEX_NAME) \
         SELECT CAST(COALESCE((SELECT MAX(width) FROM indexes WHERE is_unique), 0) AS SIGNED) AS unique_columns \
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = ?"
    )
}

fn read_key_facts(row: &Row<'_>) -> Result<KeyFacts, sqlx::Error> {
    Ok(KeyFacts { unique_columns: row.get("unique_columns")?, not_generated: None, compared_as: Vec::new() })
}

/// Returns whether the values of exactly this key are taken. The message ends with `for key 'PRIMARY'`, or with the
/// table's name before that. An index of one column without its own name has the column's name.
fn is_of_key(error: &dyn DatabaseError, key: &UniqueKey<'_>) -> bool {
    let message = error.message();
    let alone = if let [column] = key.columns { Some(*column) } else { None };
    key.is_primary
        .then_some("PRIMARY")
        .into_iter()
        .chain(alone)
        .any(|name| message.ends_with(&format!("'{name}'")) || message.ends_with(&format!(".{name}'")))
}

/// Returns whether another constraint has the name: error 1826 of MySQL, errno 121 of MariaDB.
fn is_name_taken(error: &dyn DatabaseError) -> bool {
    let message = error.message();
    message.contains("errno: 121 ") || message.starts_with("Duplicate foreign key constraint name")
}

fn matches(column: Expr, how: Match, text: &str, bind: &mut dyn FnMut(Bound) -> Expr) -> Expr {
    match how {
        Match::Like => {
            // A case-insensitive collation treats letters with and without an accent as equal, and all emoji
            // as equal.
            let folded = Expr::cust_with_exprs("LOWER(CONVERT(? USING utf8mb4)) COLLATE utf8mb4_bin", [column]);
            let pattern = bind(Bound::Text(text.to_owned()));
            folded.binary(BinOper::Like, Func::lower(pattern))
        }
        Match::StartsWith => {
            // The first can use an index with any collation; the second never does.
            let rough = like(column.clone(), "LIKE", how, text, bind);
            rough.and(like(column, "LIKE BINARY", how, text, bind))
        }
        Match::Contains | Match::EndsWith => like(column, "LIKE BINARY", how, text, bind),
    }
}

#[cfg(test)]
mod tests {
    use super::refuse_name;

    #[test]
    fn mysql_counts_the_letters_of_names_and_takes_not_all() {
        assert_eq!(refuse_name(&"é".repeat(64)), None);
        assert_eq!(refuse_name("a.b/c\\d `e` \u{ffff}"), None);
        assert!(refuse_name(&"x".repeat(65)).is_some());
        assert!(refuse_name("x ").is_some());
        assert!(refuse_name("x🦀").is_some());
    }
}

//! The capabilities of SQLite.

use sea_query::extension::sqlite::SqliteBinOper;
use sea_query::{Alias, BinOper, Expr, ExprTrait as _, Func, SqliteQueryBuilder, Value};
use sqlx::error::DatabaseError;

use super::capture::CAPTURE;
use super::run::has_nothing_to_undo;
use crate::backend::capabilities::{
    Aggregates, AttachedForm, Capabilities, Computing, Inserts, KeyFacts, Locks, MadeKeys, Marks, Parameters,
    References, Schema, Transactions, UniqueKey, UpdateForm,
};
use crate::backend::matching::{Bound, Match};
use crate::backend::numbers::Numbers;
use crate::backend::row::Row;

pub(in crate::backend) static CAPABILITIES: Capabilities = Capabilities {
    quote: '"',
    // Numbered parameters would start again after a BEGIN or SAVEPOINT in the same string.
    parameters: Parameters::Plain,
    refuse_name: |_| None,
    most_values: 32_766,
    several_in_one_string: true,
    row_in_uses_indexes: false,
    row_comparison_uses_indexes: true,
    sorts_whole_values: true,
    nulls_are_greatest: false,
    matches,
    aggregates: Aggregates {
        sum: |numbers, column| {
            // A column of another affinity holds 5.0 as 5, whose sum would overflow.
            let is_float = numbers == Numbers::Floats;
            Expr::cust_with_exprs(if is_float { "SUM(CAST(? AS REAL))" } else { "CAST(SUM(?) AS TEXT)" }, [column])
        },
        average: |_, column| Expr::cust_with_exprs("AVG(?)", [column]),
        is_overflow: |error| error.message() == "integer overflow",
    },
    computing: Computing {
        divide_integers: BinOper::Div,
        divisor: |divisor| divisor,
        concat: |[left, right]| left.binary(BinOper::Custom("||"), right),
        check_integer,
        next: |number, greatest| format!("CASE WHEN {number} < {greatest} THEN {number} + 1 ELSE {OVERFLOW} END"),
    },
    inserts: Inserts {
        defaults: " DEFAULT VALUES",
        made_key: "(NULL)",
        made_keys: MadeKeys::Counted { unless: scattered },
        returned_key_type: None,
        returns_made_links: true,
        is_of_key,
        insert_missing: |insert, pair| format!("{insert} ON CONFLICT ({}) DO NOTHING", pair.join(", ")),
        is_other_key: |_| false,
        on_conflict: true,
        attached: AttachedForm::OneString,
    },
    updates: UpdateForm::FromValues,
    updates_return: true,
    // No one else writes while a transaction is open.
    locks: Locks { exclusive: "", no_key: "", shared: "", gaps: false, misses_replaced: false, reads_snapshot: false },
    // A temporary table belongs to the connection.
    marks: Marks {
        is_set: "SELECT 1 FROM sqlite_temp_master WHERE name = 'signals_is_announced'",
        set: "CREATE TEMP TABLE signals_is_announced (yes INTEGER)",
    },
    transactions: Transactions {
        // The write lock is taken immediately, so that two writers wait for each other instead of failing.
        begin: |mode| if mode.read_only { "BEGIN; PRAGMA query_only = ON".into() } else { "BEGIN IMMEDIATE".into() },
        read_only_outlives: true,
        commit_fails_after_end: true,
        has_nothing_to_undo,
        savepoint_must_be_there: false,
    },
    references: References {
        can_wait: true,
        defer: "PRAGMA defer_foreign_keys = ON",
        recheck: Some("PRAGMA defer_foreign_keys = OFF"),
        deferral_outlives: false,
    },
    schema: Schema {
        json_type: "TEXT",
        column_type: |sql_type, _, _| sql_type,
        make_keys: |column, sql_type| {
            if sql_type == "INTEGER" {
                column.auto_increment();
            }
        },
        create: |table, indexes| {
            let indexes = indexes.iter().map(|index| index.to_string(SqliteQueryBuilder)).collect();
            (table.to_string(SqliteQueryBuilder), indexes)
        },
        added_reference: |_| None,
        is_name_taken: |_| false,
        reference_is_there: None,
        table_is_there: |schema| {
            format!(
                "SELECT schema = COALESCE({schema}, 'main') AND type = 'table' AS is_table FROM pragma_table_list(?) \
                 WHERE schema <> 'temp' AND schema = COALESCE({schema}, schema) COLLATE NOCASE \
                 ORDER BY schema = 'main' DESC LIMIT 1"
            )
        },
        // A transaction that writes has no other writer beside it.
        lock: None,
        key_facts,
        implied: "NULL",
        sought_table: |_, name| name.to_owned(),
        qualifies_indexes: true,
        // A reference is to a table of the same file.
        can_reference: |own, target| own == target,
        key_facts_name_table_twice: false,
        read_key_facts,
        // Only keys that are the rowid are generated.
        makes_keys_for_some_columns: true,
    },
    capture: CAPTURE,
};

/// Returns the query that finds out whether keys may not be consecutive: a trigger may insert other rows in
/// between, a constraint may skip some, and keys near the greatest integer are random.
fn scattered(schema: Option<&str>, table: &str, key: &str) -> String {
    let master = schema.map_or_else(|| "sqlite_master".to_owned(), |schema| format!("{schema}.sqlite_master"));
    format!(
        "SELECT 1 FROM {master} WHERE tbl_name = ? COLLATE NOCASE AND (type = 'trigger' OR sql LIKE '%CONFLICT%') \
         UNION ALL SELECT 1 FROM sqlite_temp_master WHERE tbl_name = ? COLLATE NOCASE \
         UNION ALL SELECT 1 FROM {table} WHERE {key} > {} LIMIT 1",
        i64::MAX / 2,
    )
}

/// A key is the rowid if it alone is the primary key and no index was made for it. A key is unique if an index is,
/// all of whose columns are its own.
fn key_facts(columns: usize, schema: &str) -> String {
    let others = ", ?".repeat(columns.saturating_sub(1));
    let names: Vec<_> =
        (0..columns).map(|place| if place == 0 { "col".into() } else { format!("col{place}") }).collect();
    let names = names.join(", ");
    format!(
        "WITH asked(space, tab, {names}) AS (SELECT {schema}, ?, ?{others}), {KEY_FACTS_OF_TABLE} \
         (SELECT max((SELECT count(*) FROM pragma_index_info(indexes.name, {schema}))) FROM indexes WHERE NOT EXISTS (\
         SELECT 1 FROM pragma_index_info(indexes.name, {schema}) AS part WHERE (part.name COLLATE NOCASE IN ({names})) IS NOT TRUE)) AS unique_columns, \
         {columns} AS asked_parts, \
         tables.type AS kind, tables.wr AS without_rowid \
         FROM asked, pragma_table_list(asked.tab) AS tables WHERE tables.schema = COALESCE(asked.space, tables.schema) COLLATE NOCASE \
         ORDER BY CASE tables.schema WHEN 'temp' THEN 0 WHEN 'main' THEN 1 ELSE 2 END LIMIT 1"
    )
}

const KEY_FACTS_OF_TABLE: &str = "columns AS (SELECT info.name, info.type, info.pk FROM asked, pragma_table_info(asked.tab, asked.space) AS info), \
     indexes AS (SELECT list.name, list.origin FROM asked, pragma_index_list(asked.tab, asked.space) AS list WHERE list.\"unique\" = 1 AND list.partial = 0) \
     SELECT \
     (SELECT type FROM columns WHERE name = asked.col COLLATE NOCASE) AS declared, \
     (SELECT pk FROM columns WHERE name = asked.col COLLATE NOCASE) AS place, \
     (SELECT count(*) FROM columns WHERE pk > 0) AS parts, \
     EXISTS (SELECT 1 FROM indexes WHERE origin = 'pk') AS has_index,";

fn read_key_facts(row: &Row<'_>) -> Result<KeyFacts, sqlx::Error> {
    let declared: Option<String> = row.get("declared")?;
    let place: Option<i64> = row.get("place")?;
    let (parts, has_index): (i64, i64) = (row.get("parts")?, row.get("has_index")?);
    let kind: String = row.get("kind")?;
    let has_rowid = kind != "view" && row.get::<i64>("without_rowid")? == 0;
    let is_integer = declared.as_ref().is_some_and(|declared| declared.eq_ignore_ascii_case("INTEGER"));
    let is_alone = row.get::<i64>("asked_parts")? == 1;
    // A column that is not declared is the rowid under one of its own names.
    let is_number = is_alone
        && has_rowid
        && (declared.is_none() || (is_integer && place == Some(1) && parts == 1 && has_index == 0));
    // The facts of a virtual table are known only to its module.
    let not_generated = (!is_number && kind != "virtual").then(|| match (kind.as_str(), has_rowid, place, parts) {
        ("view", ..) => "one of a view".into(),
        (_, false, ..) => "in a table WITHOUT ROWID".into(),
        (_, _, Some(0), _) => "no PRIMARY KEY".into(),
        (_, _, _, 2..) => "a part of the PRIMARY KEY".into(),
        _ if is_integer => "declared `INTEGER PRIMARY KEY DESC`".into(),
        _ => format!("declared `{}`", declared.unwrap_or_default()),
    });
    let unique_columns = row.get::<Option<i64>>("unique_columns")?.unwrap_or(i64::from(is_number));
    Ok(KeyFacts { unique_columns, not_generated, compared_as: Vec::new() })
}

/// Returns whether the values of exactly this key are taken. The message is `UNIQUE constraint failed: table.code`,
/// with a comma between several columns, in the order of the index.
fn is_of_key(error: &dyn DatabaseError, key: &UniqueKey<'_>) -> bool {
    error.message().rsplit_once("failed: ").is_some_and(|(_, failed)| {
        let failed: Vec<_> = failed.split(", ").map(str::to_lowercase).collect();
        let is_one = |column: &&str| failed.iter().any(|it| it.ends_with(&format!(".{}", column.to_lowercase())));
        failed.len() == key.columns.len() && key.columns.iter().all(is_one)
    })
}

/// Makes an integer outside of its column's range an error. SQLite keeps every integer in 64 bits, and one beyond that
/// becomes a fraction.
fn check_integer(expr: Expr, least: i64, greatest: i64) -> Expr {
    let is_fraction = Expr::from(Func::cust(Alias::new("typeof")).arg(expr.clone())).eq(Expr::cust("'real'"));
    let is_outside = expr.clone().not_between(Expr::cust(least.to_string()), Expr::cust(greatest.to_string()));
    Expr::case(is_fraction.or(is_outside), Expr::cust(OVERFLOW)).finally(expr).into()
}

/// No integer is the absolute value of the least one, which is the error `integer overflow`.
const OVERFLOW: &str = "abs(-9223372036854775807 - 1)";

/// The maximum length of a text for GLOB. SQLite refuses patterns of more than 50,000 bytes.
const LONGEST_GLOB: usize = 10_000;

/// Tests a text. LIKE of SQLite ignores the case of ASCII letters, so case-sensitive tests do not use it. Its
/// patterns and `length` end at a NUL; `instr` and blobs do not.
fn matches(column: Expr, how: Match, text: &str, bind: &mut dyn FnMut(Bound) -> Expr) -> Expr {
    let place_of = |text: &str, bind: &mut dyn FnMut(Bound) -> Expr| {
        Func::cust(Alias::new("instr")).arg(column.clone()).arg(bind(Bound::Text(text.to_owned())))
    };
    match how {
        Match::Like => {
            let backslash = Expr::Constant(Value::Char(Some('\\')));
            column.binary(BinOper::Like, bind(Bound::Text(text.to_owned())).binary(BinOper::Escape, backslash))
        }
        Match::Contains => Expr::from(place_of(text, bind)).gt(Expr::cust("0")),
        Match::StartsWith if text.len() > LONGEST_GLOB || text.contains('\0') => {
            Expr::from(place_of(text, bind)).eq(Expr::cust("1"))
        }
        Match::StartsWith => column.binary(SqliteBinOper::Glob, bind(Bound::Text(glob(text) + "*"))),
        Match::EndsWith if text.is_empty() => column.is_not_null(),
        Match::EndsWith => {
            let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            let blob = column.cast_as(Alias::new("BLOB"));
            let end = Func::cust(Alias::new("substr")).arg(blob).arg(bind(Bound::Number(-bytes)));
            // `substr` of an empty blob is NULL, and `=` would then be NULL too.
            Expr::from(end).is(bind(Bound::Bytes(text.as_bytes().to_vec())))
        }
    }
}

/// Returns the pattern of GLOB that matches only this text.
fn glob(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        match char {
            '*' | '?' | '[' => pattern.extend(['[', char, ']']),
            _ => pattern.push(char),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::CAPABILITIES;

    #[test]
    fn sqlite_takes_any_name() {
        assert_eq!((CAPABILITIES.refuse_name)(&"🦀 ".repeat(100)), None);
    }
}

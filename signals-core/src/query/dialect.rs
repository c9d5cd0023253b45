//! What the backends say differently; the only place of this module that matches on them.

#[cfg(any(feature = "sqlite", feature = "mysql"))]
use sea_query::Func;
#[cfg(feature = "mysql")]
use sea_query::MysqlQueryBuilder;
#[cfg(feature = "sqlite")]
use sea_query::{Alias, SqliteQueryBuilder, Value as Slot, extension::sqlite::SqliteBinOper};
use sea_query::{BinOper, Expr, ExprTrait as _, Order, QueryStatementWriter, SelectStatement, Values};
#[cfg(feature = "postgres")]
use sea_query::{NullOrdering, PostgresQueryBuilder};

use super::node::Match;
use super::order::{Direction, Ordering};
use super::render::{Slots, column};
use super::select::Lock;
use super::value;
use crate::field::Backend;

/// The longest text that is sought with GLOB; SQLite refuses patterns of more than 50,000 bytes.
#[cfg(feature = "sqlite")]
const LONGEST_GLOB: usize = 10_000;

/// The text of a statement, and the slots in the order of its parameters.
pub(super) fn build(statement: &impl QueryStatementWriter, backend: Backend) -> (String, Values) {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => statement.build(SqliteQueryBuilder),
        #[cfg(feature = "postgres")]
        Backend::Postgres => statement.build(PostgresQueryBuilder),
        #[cfg(feature = "mysql")]
        Backend::Mysql => statement.build(MysqlQueryBuilder),
    }
}

/// Orders the selected rows, with NULL as the least.
pub(super) fn order(select: &mut SelectStatement, ordering: Ordering, backend: Backend) {
    let direct = match ordering.direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    match backend {
        // There NULL is the greatest, if nothing is said.
        #[cfg(feature = "postgres")]
        Backend::Postgres if ordering.place.nullable => {
            let nulls = match ordering.direction {
                Direction::Ascending => NullOrdering::First,
                Direction::Descending => NullOrdering::Last,
            };
            select.order_by_expr_with_nulls(column(ordering.place), direct, nulls)
        }
        _ => select.order_by_expr(column(ordering.place), direct),
    };
}

/// Locks the selected rows. In SQLite nobody else writes while a transaction is open.
pub(super) fn lock(select: &mut SelectStatement, lock: Lock, backend: Backend) {
    match (lock, backend) {
        (Lock::None, _) => {}
        #[cfg(feature = "sqlite")]
        (_, Backend::Sqlite) => {}
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        (Lock::Shared, _) => {
            select.lock_shared();
        }
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        (Lock::Exclusive, _) => {
            select.lock_exclusive();
        }
    }
}

/// Whether locking rows that are not there keeps others from inserting them, as the gaps of MySQL do.
pub(crate) fn locks_what_is_missing(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => true,
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => false,
    }
}

/// Tests a text that is not NULL.
pub(super) fn matches(backend: Backend, column: Expr, how: Match, text: &str, slots: &mut Slots) -> Expr {
    if how == Match::Like && is_of_no_text(text) {
        return Expr::cust("1 = 0");
    }
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => matches_in_sqlite(column, how, text, slots),
        // It has no text with a NUL, and refuses one.
        #[cfg(feature = "postgres")]
        Backend::Postgres if text.contains('\0') => Expr::cust("1 = 0"),
        #[cfg(feature = "postgres")]
        Backend::Postgres if how == Match::Like => {
            // The letters of this collation are those of ASCII.
            like(Expr::cust_with_exprs("$1 COLLATE \"C\"", [column]), "ILIKE", how, text, slots)
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres => like(column, "LIKE", how, text, slots),
        #[cfg(feature = "mysql")]
        Backend::Mysql if how == Match::Like => {
            // A collation that minds no case takes letters with and without an accent for the same, and all emoji for one.
            let folded = Expr::cust_with_exprs("LOWER(CONVERT(? USING utf8mb4)) COLLATE utf8mb4_bin", [column]);
            let pattern = slots.add(value(text.to_owned()));
            folded.binary(BinOper::Like, Func::lower(pattern))
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql if how == Match::StartsWith => {
            // An index is used by the first, whatever its collation minds, and by the second never.
            let rough = like(column.clone(), "LIKE", how, text, slots);
            rough.and(like(column, "LIKE BINARY", how, text, slots))
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => like(column, "LIKE BINARY", how, text, slots),
    }
}

/// Whether a pattern has a NUL, or ends with a backslash that has nothing behind it. Databases do not agree on what these mean; here they match nothing.
fn is_of_no_text(pattern: &str) -> bool {
    let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
    backslashes % 2 == 1 || pattern.contains('\0')
}

/// LIKE in one of its forms, with a pattern in which nothing else has a meaning of its own.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn like(column: Expr, operator: &'static str, how: Match, text: &str, slots: &mut Slots) -> Expr {
    let pattern = match how {
        Match::Like => text.to_owned(),
        Match::Contains => format!("%{}%", escaped(text)),
        Match::StartsWith => format!("{}%", escaped(text)),
        Match::EndsWith => format!("%{}", escaped(text)),
    };
    column.binary(BinOper::Custom(operator), slots.add(value(pattern)))
}

/// A text as a pattern of LIKE that matches it alone.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// LIKE of SQLite folds ASCII letters, so what minds the case is done without it. Its patterns and `length` end at a NUL, which `instr` and blobs do not.
#[cfg(feature = "sqlite")]
fn matches_in_sqlite(column: Expr, how: Match, text: &str, slots: &mut Slots) -> Expr {
    let place_of = |text: &str, slots: &mut Slots| {
        Func::cust(Alias::new("instr")).arg(column.clone()).arg(slots.add(value(text.to_owned())))
    };
    match how {
        Match::Like => {
            let backslash = Expr::Constant(Slot::Char(Some('\\')));
            column.binary(BinOper::Like, slots.add(value(text.to_owned())).binary(BinOper::Escape, backslash))
        }
        Match::Contains => Expr::from(place_of(text, slots)).gt(Expr::cust("0")),
        Match::StartsWith if text.len() > LONGEST_GLOB || text.contains('\0') => {
            Expr::from(place_of(text, slots)).eq(Expr::cust("1"))
        }
        Match::StartsWith => column.binary(SqliteBinOper::Glob, slots.add(value(glob(text) + "*"))),
        Match::EndsWith if text.is_empty() => column.is_not_null(),
        Match::EndsWith => {
            let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            let end =
                Func::cust(Alias::new("substr")).arg(column.cast_as(Alias::new("BLOB"))).arg(slots.add(value(-bytes)));
            // `substr` of an empty blob is NULL, which `=` would leave unknown.
            Expr::from(end).is(slots.add(value(text.as_bytes().to_vec())))
        }
    }
}

/// A text as a pattern of GLOB that matches it alone.
#[cfg(feature = "sqlite")]
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

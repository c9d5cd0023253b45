//! What the backends say differently; the only place of this room that matches on them.

use sea_query::extension::sqlite::SqliteBinOper;
use sea_query::{
    Alias, BinOper, Expr, ExprTrait as _, Func, QueryStatementWriter, SqliteQueryBuilder, Value as Slot, Values,
};

use super::node::Match;
use super::render::Slots;
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
    }
}

/// Tests a text that is not NULL.
pub(super) fn matches(backend: Backend, column: Expr, how: Match, text: &str, slots: &mut Slots) -> Expr {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => matches_in_sqlite(column, how, text, slots),
    }
}

/// LIKE of SQLite folds ASCII letters, so what minds the case is done without it. Its patterns and `length` end at a NUL, which `instr` and blobs do not.
#[cfg(feature = "sqlite")]
fn matches_in_sqlite(column: Expr, how: Match, text: &str, slots: &mut Slots) -> Expr {
    let place_of = |text: &str, slots: &mut Slots| {
        Func::cust(Alias::new("instr")).arg(column.clone()).arg(slots.add(value(text.to_owned())))
    };
    match how {
        Match::Like if text.contains('\0') => Expr::cust("1 = 0"),
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

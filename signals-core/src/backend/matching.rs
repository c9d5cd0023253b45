//! Tests of texts, which differ between databases.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use sea_query::{BinOper, Expr, ExprTrait as _};

/// How a text is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// A pattern of LIKE.
    Like,
    Contains,
    StartsWith,
    EndsWith,
}

/// A value that a test binds.
#[derive(Debug)]
#[allow(dead_code, reason = "some backends bind only texts")]
pub(crate) enum Bound {
    Text(String),
    Number(i64),
    Bytes(Vec<u8>),
}

/// Returns LIKE in one of its forms, with a pattern in which no other character is special.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn like(
    column: Expr,
    operator: &'static str,
    how: Match,
    text: &str,
    bind: &mut dyn FnMut(Bound) -> Expr,
) -> Expr {
    let pattern = match how {
        Match::Like => text.to_owned(),
        Match::Contains => format!("%{}%", escaped(text)),
        Match::StartsWith => format!("{}%", escaped(text)),
        Match::EndsWith => format!("%{}", escaped(text)),
    };
    column.binary(BinOper::Custom(operator), bind(Bound::Text(pattern)))
}

/// Returns the pattern of LIKE that matches only this text.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

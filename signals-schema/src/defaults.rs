//! The defaults of columns in one form for each database, so that `'a'::text` and `'a'` are the same.

use crate::dialect::Dialect;

/// A default in one form.
#[derive(Debug, PartialEq, Eq)]
enum Canonical {
    /// A text, a number or a boolean, without quotes.
    Literal(String),
    /// A call or another expression. A database may show it in another way than it was written.
    Expression,
}

/// Returns whether two defaults are the same. Expressions are not compared.
pub(crate) fn is_same(dialect: Dialect, one: &str, other: &str) -> bool {
    match (canonical(dialect, one), canonical(dialect, other)) {
        (Canonical::Literal(one), Canonical::Literal(other)) => {
            let number = |text: &str| text.parse::<f64>().ok();
            one == other
                || number(&one).is_some_and(|one| number(&other).is_some_and(|other| one.total_cmp(&other).is_eq()))
        }
        (one, other) => one == other,
    }
}

/// Returns whether a default is a text, a number or a boolean.
pub(crate) fn is_literal(dialect: Dialect, default: &str) -> bool {
    canonical(dialect, default) != Canonical::Expression
}

fn canonical(dialect: Dialect, default: &str) -> Canonical {
    let mut text = without_parentheses(default.trim());
    if dialect == Dialect::Postgres {
        text = without_parentheses(without_casts(text));
    }
    // SQLite takes a name in quotes for a text if there is no such column, and a default has no columns.
    if dialect == Dialect::Sqlite
        && let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        && !inner.contains('"')
    {
        return Canonical::Literal(inner.to_owned());
    }
    if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        let text = inner.replace("''", "\u{0}");
        return if text.contains('\'') {
            Canonical::Expression
        } else {
            Canonical::Literal(text.replace('\u{0}', "'"))
        };
    }
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "true" | "false" if dialect == Dialect::Postgres => Canonical::Literal(lower),
        "true" => Canonical::Literal("1".to_owned()),
        "false" => Canonical::Literal("0".to_owned()),
        _ if text.parse::<f64>().is_ok() => Canonical::Literal(lower),
        _ => Canonical::Expression,
    }
}

/// Removes parentheses around the whole text.
fn without_parentheses(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    match inner.filter(|inner| is_balanced(inner)) {
        Some(inner) => without_parentheses(inner.trim()),
        None => text,
    }
}

/// Returns whether no parenthesis is closed before it was opened.
fn is_balanced(text: &str) -> bool {
    let (mut depth, mut is_quoted) = (0, false);
    for letter in text.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    true
}

/// Removes casts such as `::text` at the end.
fn without_casts(text: &str) -> &str {
    let (mut is_quoted, mut depth, mut end) = (false, 0, text.len());
    for (place, letter) in text.char_indices() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            ':' if !is_quoted && depth == 0 && text[place..].starts_with("::") => {
                end = place;
                break;
            }
            _ => {}
        }
    }
    text[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_the_same_however_the_database_shows_it() {
        for (dialect, one, other) in [
            (Dialect::Postgres, "'it''s'", "'it''s'::character varying"),
            (Dialect::Postgres, "-1", "'-1'::integer"),
            (Dialect::Postgres, "0", "(0)::numeric"),
            (Dialect::Postgres, "now()", "CURRENT_TIMESTAMP"),
            (Dialect::Mysql, "true", "1"),
            (Dialect::Sqlite, "1.50", "(1.5)"),
            (Dialect::Sqlite, "'abc'", "\"abc\""),
        ] {
            assert!(is_same(dialect, one, other), "{one} and {other}");
        }
        for (dialect, one, other) in [
            (Dialect::Postgres, "'a'", "'b'::text"),
            (Dialect::Postgres, "true", "false"),
            (Dialect::Mysql, "1", "current_timestamp()"),
            (Dialect::Sqlite, "''", "0"),
        ] {
            assert!(!is_same(dialect, one, other), "{one} and {other}");
        }
    }
}

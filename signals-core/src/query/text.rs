//! Conditions on columns of text.

use super::condition::Condition;
use super::node::Test;
use crate::backend::{Field, Match};
use crate::model::{Column, Entity};

/// A type of columns that hold text: `String` and `Option<String>`. Implement it for a newtype of one to match its columns too.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` is not text",
    label = "only text can be matched",
    note = "the methods `like`, `contains`, `starts_with` and `ends_with` are for columns of `String` and `Option<String>`; for a newtype of one, implement `signals::query::TextField`"
)]
pub trait TextField: Field {}

impl TextField for String {}
impl TextField for Option<String> {}

/// NULL matches nothing. Nothing in the text sought has a meaning of its own, but for [`like`](Self::like).
impl<M: Entity, T> Column<M, T> {
    fn matches(&self, how: Match, text: impl Into<String>) -> Condition<M> {
        self.test(Test::Text(how, text.into()))
    }

    /// Holds where the text matches the pattern: `%` stands for any text, `_` for one character, and `\` takes the meaning from the one behind it.
    ///
    /// The case of ASCII letters does not count, nor for MySQL that of others. A `\` with nothing behind it matches nothing. A NUL is no character here: a pattern with
    /// one matches nothing, and SQLite reads a text as far as its first.
    pub fn like(&self, pattern: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::Like, pattern)
    }

    /// Holds where the text contains this one. Case counts.
    pub fn contains(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::Contains, text)
    }

    /// Holds where the text starts with this one. Case counts. An index of the column is used; in PostgreSQL it has to be of `text_pattern_ops`, unless the database's
    /// collation is `C`.
    pub fn starts_with(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::StartsWith, text)
    }

    /// Holds where the text ends with this one. Case counts.
    pub fn ends_with(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::EndsWith, text)
    }
}

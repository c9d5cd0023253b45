//! Conditions on columns of text.

use super::condition::Condition;
use super::node::Test;
use crate::backend::{Field, Match};
use crate::model::{Column, Entity};

/// A type of columns that hold text: `String` and `Option<String>`. Implement it for a newtype of one to
/// match its columns too.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` is not text",
    label = "only text can be matched",
    note = "the methods `like`, `contains`, `starts_with` and `ends_with` are for columns of `String` and `Option<String>`; for a newtype of one, implement `signals::query::TextField`"
)]
pub trait TextField: Field {}

impl TextField for String {}
impl TextField for Option<String> {}

/// NULL matches nothing. No character of the text is special, except in [`like`](Self::like).
impl<M: Entity, T> Column<M, T> {
    fn matches(&self, how: Match, text: impl Into<String>) -> Condition<M> {
        self.test(Test::Text(how, text.into()))
    }

    /// Tests whether the text matches the pattern: `%` matches any text, `_` matches one character, and `\`
    /// makes the next character literal.
    ///
    /// The case of ASCII letters is ignored; in MySQL also that of other letters. A `\` at the end of the
    /// pattern matches nothing. A pattern with a NUL matches nothing, and SQLite reads a text only up to its
    /// first NUL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().filter(User::NAME.like("a_n%")).all(db).await?;          // Ann, Alnar
    /// let percent = User::objects().filter(User::NAME.like(r"%\%")).all(db).await?;        // ends with a percent sign
    /// # drop((users, percent));
    /// # Ok(()) }
    /// ```
    pub fn like(&self, pattern: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::Like, pattern)
    }

    /// Tests whether the text contains this one. It is case-sensitive.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().filter(User::NAME.contains("nn")).all(db).await?;
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn contains(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::Contains, text)
    }

    /// Tests whether the text starts with this one. It is case-sensitive. An index of the column is used; in
    /// PostgreSQL it must be of `text_pattern_ops`, unless the database's collation is `C`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().filter(User::NAME.starts_with("Ann")).all(db).await?;
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn starts_with(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::StartsWith, text)
    }

    /// Tests whether the text ends with this one. It is case-sensitive.
    pub fn ends_with(&self, text: impl Into<String>) -> Condition<M>
    where
        T: TextField,
    {
        self.matches(Match::EndsWith, text)
    }
}

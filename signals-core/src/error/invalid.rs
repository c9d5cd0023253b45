//! Why an instance is not valid.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Why an instance is not valid: what the function of `#[model(validate = path)]` returns, and the contents of
/// [`Error::Invalid`](crate::error::Error::Invalid).
///
/// # Examples
///
/// ```standalone_crate
/// use signals::error::Invalid;
/// use signals::{Db, Error, Model, Result};
///
/// #[derive(Debug, Clone, Model)]
/// #[model(validate = check)]
/// struct User { id: i64, email: String, age: i32 }
///
/// fn check(user: &User) -> Result<(), Invalid> {
///     let mut invalid = Invalid::new();
///     if !user.email.contains('@') {
///         invalid = invalid.field(User::EMAIL, "is not an address");
///     }
///     if user.age < 0 {
///         invalid = invalid.field(User::AGE, "is negative");
///     }
///     invalid.into_result()
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let error = User { id: 0, email: "ann".into(), age: 30 }.create(&db).await.unwrap_err();
///     assert_eq!(error.to_string(), "the `User` is not valid: `email` is not an address");
///     let Error::Invalid(invalid) = error else { unreachable!() };
///     assert_eq!(invalid.fields(), [("email".into(), "is not an address".into())]);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "an instance is invalid only if the function returns this"]
pub struct Invalid {
    model: &'static str,
    fields: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    messages: Vec<Cow<'static, str>>,
}

impl Invalid {
    /// Creates it without a reason.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what is wrong with a field: a column such as `User::EMAIL`, or a name of your own.
    pub fn field(mut self, field: impl FieldName, message: impl Into<Cow<'static, str>>) -> Self {
        self.fields.push((field.field_name(), message.into()));
        self
    }

    /// Adds what is wrong with the instance as a whole.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Returns `Ok` if there is no reason.
    ///
    /// # Errors
    ///
    /// Itself, if there is a reason.
    pub fn into_result(self) -> Result<(), Self> {
        if self.fields.is_empty() && self.messages.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns the name of the model. It is empty until a call of the model has failed.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// Returns the names of the fields and what is wrong with them, in the order in which they were added.
    pub fn fields(&self) -> &[(Cow<'static, str>, Cow<'static, str>)] {
        &self.fields
    }

    /// Returns what is wrong with the instance as a whole.
    pub fn messages(&self) -> &[Cow<'static, str>] {
        &self.messages
    }

    #[cfg(feature = "_models")]
    pub(crate) fn of_model(self, model: &'static str) -> Self {
        Self { model, ..self }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model {
            "" => f.write_str("not valid")?,
            model => write!(f, "the `{model}` is not valid")?,
        }
        let fields = self.fields.iter().map(|(field, message)| format!("`{field}` {message}"));
        let reasons: Vec<String> = fields.chain(self.messages.iter().map(ToString::to_string)).collect();
        if reasons.is_empty() { Ok(()) } else { write!(f, ": {}", reasons.join("; ")) }
    }
}

impl Error for Invalid {}

/// The name of a field in [`Invalid::field`]: a column, or a text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a field",
    label = "not a column, and not a text",
    note = "name it by its column, such as `User::EMAIL`, or by a text"
)]
pub trait FieldName {
    /// Returns the name.
    fn field_name(self) -> Cow<'static, str>;
}

impl FieldName for &'static str {
    fn field_name(self) -> Cow<'static, str> {
        self.into()
    }
}

impl FieldName for String {
    fn field_name(self) -> Cow<'static, str> {
        self.into()
    }
}

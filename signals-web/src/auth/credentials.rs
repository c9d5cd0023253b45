//! What may be shown of credentials.

use std::fmt;

/// What stands for a value that is not shown, whatever its length.
const STARS: &str = "********************";

/// Credentials that say which of their fields may be shown to receivers of [`user_login_failed`](crate::auth::user_login_failed).
///
/// What is not shown by name is hidden. (Django shows all but what it guesses to be a secret by its name.) Derive it, or implement it by hand.
///
/// # Examples
///
/// ```
/// use signals::web::auth::{LoginCredentials, MaskedCredentials};
///
/// #[derive(LoginCredentials)]
/// struct Password {
///     #[credentials(show)]
///     name: String,
///     password: String,
/// }
///
/// enum Credentials {
///     Password(Password),
///     Token(String),
/// }
///
/// impl LoginCredentials for Credentials {
///     fn mask(&self) -> MaskedCredentials {
///         match self {
///             Self::Password(password) => password.mask(),
///             Self::Token(_) => MaskedCredentials::new().hide("token"),
///         }
///     }
/// }
///
/// let masked = Password { name: "ann".into(), password: "secret".into() }.mask();
/// assert_eq!(masked.to_string(), r#"name: "ann", password: "********************""#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what may be shown of it",
    label = "not known what is a secret here",
    note = "write `#[derive(LoginCredentials)]` on the credentials, and `#[credentials(show)]` on the fields that are no secrets"
)]
pub trait LoginCredentials {
    /// The fields that may be shown with their values, and the names of others.
    fn mask(&self) -> MaskedCredentials;
}

/// Credentials without their secrets: those are not in it, only stars.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MaskedCredentials(Vec<(&'static str, String)>);

impl MaskedCredentials {
    /// Credentials without any field.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field with its value.
    #[must_use]
    pub fn show(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.push((name, value.to_string()));
        self
    }

    /// Adds the name of a field, and twenty stars.
    #[must_use]
    pub fn hide(mut self, name: &'static str) -> Self {
        self.0.push((name, STARS.to_owned()));
        self
    }

    /// The field's value, or stars.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The fields in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for MaskedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for MaskedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            // Quoted, since a client chose it.
            write!(f, "{comma}{name}: {value:?}")?;
        }
        Ok(())
    }
}

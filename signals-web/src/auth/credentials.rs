//! The parts of credentials that may be shown.

use std::fmt;

/// The text in place of a hidden value, whatever its length.
const STARS: &str = "********************";

/// Credentials that define which of their fields are shown to receivers of
/// [`user_login_failed`](crate::auth::user_login_failed).
///
/// Every field is hidden unless it is shown by name. (Django shows all fields except those whose names
/// suggest a secret.) Derive the trait, or implement it by hand.
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
    /// Returns the shown fields with their values, and the names of the others.
    fn mask(&self) -> MaskedCredentials;
}

/// Credentials without their secrets, which are replaced by stars.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MaskedCredentials(Vec<(&'static str, String)>);

impl MaskedCredentials {
    /// Makes credentials without any field.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field with its value.
    #[must_use]
    pub fn show(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.push((name, value.to_string()));
        self
    }

    /// Adds the name of a field with twenty stars as its value.
    #[must_use]
    pub fn hide(mut self, name: &'static str) -> Self {
        self.0.push((name, STARS.to_owned()));
        self
    }

    /// Returns the field's value, or stars.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Returns the fields in the order in which they were added.
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
            // Values are quoted because a client chose them.
            write!(f, "{comma}{name}: {value:?}")?;
        }
        Ok(())
    }
}

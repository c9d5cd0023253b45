//! Accounts: signing up, and checking log-ins.

use std::fmt;

use axum_login::AuthnBackend;
use serde::Deserialize;
use signals::web::auth::LoginCredentials;
use signals::{Db, Error, Model as _, Result};

use crate::models::User;
use crate::password::{PasswordHash, is_right};

/// The data of both forms. Receivers get the name, and stars for the rest.
#[derive(Deserialize, LoginCredentials)]
pub(crate) struct Credentials {
    #[credentials(show)]
    pub(crate) name: String,
    pub(crate) password: String,
}

/// The users of one database.
#[derive(Clone)]
pub(crate) struct Accounts {
    db: Db,
}

impl Accounts {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

impl AuthnBackend for Accounts {
    type User = User;
    type Credentials = Credentials;
    type Error = Error;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>> {
        let user = User::objects().filter(User::NAME.eq(credentials.name.trim())).first(&self.db).await?;
        let hash = user.as_ref().map(|user| user.password.clone());
        let is_right = is_right(credentials.password, hash).await?;
        Ok(user.filter(|_| is_right))
    }

    async fn get_user(&self, id: &i64) -> Result<Option<User>> {
        User::find(&self.db, *id).await
    }
}

/// Why a sign-up failed, in words for the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NameMissing,
    NameTooLong,
    NameUnprintable,
    NameTaken,
    PasswordTooShort,
    PasswordTooLong,
}

pub(crate) const LONGEST_NAME: usize = 40;
pub(crate) const SHORTEST_PASSWORD: usize = 8;
/// The length is enough for any phrase.
pub(crate) const LONGEST_PASSWORD: usize = 200;

/// Creates a user, unless the input has a mistake.
pub(crate) async fn sign_up(db: &Db, credentials: Credentials) -> Result<Result<User, Refusal>> {
    let Credentials { name, password } = credentials;
    let name = name.trim().to_owned();
    if let Some(refusal) = refusal(&name, &password) {
        return Ok(Err(refusal));
    }
    let password = PasswordHash::of(password).await?;
    let mut user = User { id: 0, name, password, last_login: None };
    match user.save(db).await {
        Ok(()) => Ok(Ok(user)),
        // The table decides. A look-up before the insert would miss a sign-up at the same moment.
        Err(error) if error.is_unique_violation() => Ok(Err(Refusal::NameTaken)),
        Err(error) => Err(error),
    }
}

fn refusal(name: &str, password: &str) -> Option<Refusal> {
    let letters = password.chars().count();
    if name.is_empty() {
        Some(Refusal::NameMissing)
    } else if name.chars().count() > LONGEST_NAME {
        Some(Refusal::NameTooLong)
    } else if name.chars().any(char::is_control) {
        Some(Refusal::NameUnprintable)
    } else if letters < SHORTEST_PASSWORD {
        Some(Refusal::PasswordTooShort)
    } else if letters > LONGEST_PASSWORD {
        Some(Refusal::PasswordTooLong)
    } else {
        None
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameMissing => f.write_str("A name is needed."),
            Self::NameTooLong => write!(f, "The name is too long: {LONGEST_NAME} letters at most."),
            Self::NameUnprintable => f.write_str("The name has a letter in it that cannot be shown."),
            Self::NameTaken => f.write_str("This name is taken. Choose another one."),
            Self::PasswordTooShort => write!(f, "The password is too short: {SHORTEST_PASSWORD} letters at least."),
            Self::PasswordTooLong => write!(f, "The password is too long: {LONGEST_PASSWORD} letters at most."),
        }
    }
}

//! Passwords. Only their hashes are stored.

use std::fmt;
use std::sync::LazyLock;

use password_auth::{VerifyError, generate_hash, verify_password};
use signals::{Error, Result};
use tokio::task::spawn_blocking;

/// The hash of a password, which `Debug` does not show.
#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct PasswordHash(String);

/// The hash that is checked for a user who does not exist.
static NOBODY: LazyLock<PasswordHash> = LazyLock::new(|| PasswordHash(generate_hash("nobody")));

impl PasswordHash {
    /// Hashes a password. This takes some milliseconds, so it does not run on a thread that answers requests.
    pub(crate) async fn of(password: String) -> Result<Self> {
        spawn_blocking(|| Self(generate_hash(password))).await.map_err(Error::other)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn is_of(&self, password: &str) -> Result<bool> {
        match verify_password(password, &self.0) {
            Ok(()) => Ok(true),
            Err(VerifyError::PasswordInvalid) => Ok(false),
            Err(error) => Err(Error::other(error)),
        }
    }
}

/// Returns whether the password has this hash. Without a hash it does the same work, so that the time does
/// not reveal which names are taken.
pub(crate) async fn is_right(password: String, hash: Option<PasswordHash>) -> Result<bool> {
    let verify = move || match hash {
        Some(hash) => hash.is_of(&password),
        None => NOBODY.is_of(&password).map(|_| false),
    };
    spawn_blocking(verify).await.map_err(Error::other)?
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

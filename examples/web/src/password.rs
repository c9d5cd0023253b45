//! Passwords, of which only hashes are kept.

use std::fmt;
use std::sync::LazyLock;

use password_auth::{VerifyError, generate_hash, verify_password};
use signals::{Error, Result};
use tokio::task::spawn_blocking;

/// The hash of a password, which `Debug` does not show.
#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct PasswordHash(String);

/// What the password of a user is compared with whom there is not.
static NOBODY: LazyLock<PasswordHash> = LazyLock::new(|| PasswordHash(generate_hash("nobody")));

impl PasswordHash {
    /// Hashes a password: some milliseconds of work, so not on a thread that answers requests.
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

/// Whether the password is the one of this hash. Where there is none the same work is done, so that the time it takes does not
/// tell which names are taken.
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

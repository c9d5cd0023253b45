//! The session of a request, whose changes are told.

use std::fmt;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use axum_login::{AuthSession, AuthnBackend, Error};
use http::StatusCode;
use http::request::Parts;
use signals_core::dispatch::tell_of;

use super::credentials::LoginCredentials;
use super::signals::{
    UserLoggedIn, UserLoggedOut, UserLoginFailed, user_logged_in, user_logged_out, user_login_failed,
};
use crate::hush::hush;

/// An extractor in place of [`AuthSession`], whose `authenticate`, `login` and `logout` send the signals.
///
/// It lends the `AuthSession` itself to be read, so that `auth.user`, `auth.backend` and `auth.session` are there. It needs the same `AuthManagerLayer`.
pub struct SignalsAuth<Backend: AuthnBackend> {
    session: AuthSession<Backend>,
    parts: Parts,
}

impl<Backend> SignalsAuth<Backend>
where
    Backend: AuthnBackend<User: 'static>,
{
    /// Looks for the user that the credentials are of, and sends `user_login_failed` if there is none.
    ///
    /// It calls the backend itself: `AuthSession::authenticate` writes the user that it finds to the log, at DEBUG, with all that the user's `Debug` shows.
    ///
    /// # Errors
    ///
    /// Those of the backend, of which nobody is told.
    pub async fn authenticate(&self, credentials: Backend::Credentials) -> Result<Option<Backend::User>, Error<Backend>>
    where
        Backend::Credentials: LoginCredentials,
    {
        let masked = credentials.mask();
        let found = self.session.backend.authenticate(credentials).await.map_err(Error::Backend)?;
        if found.is_none() {
            user_login_failed.tell(UserLoginFailed { credentials: &masked, parts: &self.parts }).await;
        }
        Ok(found)
    }

    /// Logs the user in, and sends `user_logged_in` when the session was renewed.
    ///
    /// # Errors
    ///
    /// Those of the session's store; then nobody is told.
    ///
    /// # Cancel safety
    ///
    /// Dropped while receivers run, it drops the one that is running; the session is renewed.
    pub async fn login(&mut self, user: &Backend::User) -> Result<(), Error<Backend>> {
        self.session.login(user).await?;
        tell_of::<user_logged_in, Backend::User>(UserLoggedIn { user, parts: &self.parts }).await;
        Ok(())
    }

    /// Sends `user_logged_out`, flushes the session, and returns who was logged in.
    ///
    /// # Errors
    ///
    /// Those of the session's store.
    ///
    /// # Cancel safety
    ///
    /// Dropped while receivers run, it has flushed nothing, and the user stays logged in.
    pub async fn logout(&mut self) -> Result<Option<Backend::User>, Error<Backend>> {
        let user = self.session.user.as_ref();
        tell_of::<user_logged_out, Backend::User>(UserLoggedOut { user, parts: &self.parts }).await;
        // `AuthSession::logout` does the same, and writes the user to the log.
        let user = self.session.user.take();
        self.session.session.flush().await?;
        Ok(user)
    }
}

impl<Backend: AuthnBackend> Deref for SignalsAuth<Backend> {
    type Target = AuthSession<Backend>;

    fn deref(&self) -> &AuthSession<Backend> {
        &self.session
    }
}

impl<State, Backend> FromRequestParts<State> for SignalsAuth<Backend>
where
    State: Send + Sync,
    Backend: AuthnBackend + 'static,
{
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let session = AuthSession::from_request_parts(parts, state).await?;
        Ok(Self { session, parts: hush(parts.clone()) })
    }
}

// Not what the session or the user hold, which may be secrets.
impl<Backend: AuthnBackend> fmt::Debug for SignalsAuth<Backend> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsAuth").field("is_logged_in", &self.session.user.is_some()).finish_non_exhaustive()
    }
}

//! The session of a request, whose changes send signals.

use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_login::tower_sessions::Session;
use axum_login::{AuthSession, AuthUser as _, AuthnBackend, Error};
use http::StatusCode;
use http::request::Parts;
use signals_core::dispatch::notify_of;

use super::credentials::LoginCredentials;
use super::signals::{
    UserLoggedIn, UserLoggedOut, UserLoginFailed, user_logged_in, user_logged_out, user_login_failed,
};
use crate::sensitive::mark_sensitive;

/// An extractor in place of [`AuthSession`], whose `authenticate`, `login` and `logout` send the signals.
///
/// [`user`](Self::user), [`backend`](Self::backend) and [`session`](Self::session) return the parts of the
/// `AuthSession`, and [`auth_session`](Self::auth_session) returns the whole. **A clone of the whole logs in and out
/// without sending signals.** It needs the same `AuthManagerLayer`.
///
/// Receivers get the request as it was when this was extracted. No signal is sent if axum-login itself ends a session
/// because the user's `session_auth_hash` has changed.
#[derive(Clone)]
pub struct SignalsAuth<Backend: AuthnBackend> {
    session: AuthSession<Backend>,
    parts: Parts,
}

impl<Backend: AuthnBackend> SignalsAuth<Backend> {
    /// The user of this session, if one is logged in.
    pub fn user(&self) -> Option<&Backend::User> {
        self.session.user.as_ref()
    }

    /// The backend that finds users.
    pub fn backend(&self) -> &Backend {
        &self.session.backend
    }

    /// The session, for data of the application's own.
    pub fn session(&self) -> &Session {
        &self.session.session
    }

    /// The session of axum-login, such as for a function of another library that takes it. A clone of it logs in and
    /// out without sending signals.
    pub fn auth_session(&self) -> &AuthSession<Backend> {
        &self.session
    }
}

impl<Backend> SignalsAuth<Backend>
where
    Backend: AuthnBackend<User: 'static> + 'static,
{
    /// Looks for the user that the credentials are of, and sends `user_login_failed` if there is none.
    ///
    /// It calls the backend itself: `AuthSession::authenticate` writes the user that it finds to the log, at DEBUG, with all that the user's `Debug` shows.
    ///
    /// # Errors
    ///
    /// Those of the backend, which send no signal.
    ///
    /// # Cancel safety
    ///
    /// Dropped while receivers run, it drops the one that is running and calls none of those after it.
    pub async fn authenticate(&self, credentials: Backend::Credentials) -> Result<Option<Backend::User>, Error<Backend>>
    where
        Backend::Credentials: LoginCredentials,
    {
        let masked = user_login_failed.has_receivers().then(|| credentials.mask());
        let found = self.session.backend.authenticate(credentials).await.map_err(Error::Backend)?;
        if let (None, Some(masked)) = (&found, &masked) {
            user_login_failed.notify(UserLoginFailed::new(masked, &self.parts)).await;
        }
        Ok(found)
    }

    /// Logs the user in, and sends `user_logged_in` when the session was renewed and is in the store.
    ///
    /// The session has a new id, also where someone was logged in in it, which `AuthSession::login` leaves the id to; and where that was someone else, it is emptied.
    ///
    /// The client is logged in once it has the response with the cookie. It does not get one with a 5xx, or where it has left.
    ///
    /// # Errors
    ///
    /// Those of the session's store, which send no signal.
    ///
    /// # Cancel safety
    ///
    /// Dropped while receivers run, it drops the one that is running and calls none of those after it. The client's former session is gone, and it has no cookie for the new one.
    pub async fn login(&mut self, user: &Backend::User) -> Result<(), Error<Backend>> {
        let session = &self.session.session;
        if self.session.user.as_ref().is_some_and(|other| other.id().to_string() != user.id().to_string()) {
            session.clear().await;
        }
        // `AuthSession` keeps the id where someone is logged in, or was before this request: whoever knows it would be in.
        session.cycle_id().await?;
        self.session.login(user).await?;
        self.session.session.save().await?;
        // Receivers that look there find the user, too.
        self.parts.extensions.insert(self.session.clone());
        notify_of::<user_logged_in, Backend::User>(UserLoggedIn { user, parts: &self.parts }).await;
        Ok(())
    }

    /// Sends `user_logged_out`, flushes the session, and returns who was logged in.
    ///
    /// It waits for the receivers: one that hangs keeps the user logged in.
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
        notify_of::<user_logged_out, Backend::User>(UserLoggedOut { user, parts: &self.parts }).await;
        // `AuthSession::logout` does the same, and writes the user to the log.
        let user = self.session.user.take();
        self.session.session.flush().await?;
        Ok(user)
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
        Ok(Self { session, parts: mark_sensitive(parts.clone()) })
    }
}

// Not what the session or the user hold, which may be secrets.
impl<Backend: AuthnBackend> fmt::Debug for SignalsAuth<Backend> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsAuth").field("is_logged_in", &self.session.user.is_some()).finish_non_exhaustive()
    }
}

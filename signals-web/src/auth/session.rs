//! The session of a request, which sends signals when it changes.

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
/// `AuthSession`, and [`auth_session`](Self::auth_session) returns the whole. **A clone of the `AuthSession`
/// logs in and out without sending signals.** The extractor needs the same `AuthManagerLayer`.
///
/// Receivers get the request as it was when this was extracted. If axum-login itself ends a session because
/// the user's `session_auth_hash` has changed, no signal is sent.
#[derive(Clone)]
pub struct SignalsAuth<Backend: AuthnBackend> {
    session: AuthSession<Backend>,
    parts: Parts,
}

impl<Backend: AuthnBackend> SignalsAuth<Backend> {
    /// Returns the user of this session, if one is logged in.
    pub fn user(&self) -> Option<&Backend::User> {
        self.session.user.as_ref()
    }

    /// Returns the backend that finds users.
    pub fn backend(&self) -> &Backend {
        &self.session.backend
    }

    /// Returns the session, for the application's own data.
    pub fn session(&self) -> &Session {
        &self.session.session
    }

    /// Returns the session of axum-login, such as for a function of another library. A clone of it logs in
    /// and out without sending signals.
    pub fn auth_session(&self) -> &AuthSession<Backend> {
        &self.session
    }
}

impl<Backend> SignalsAuth<Backend>
where
    Backend: AuthnBackend<User: 'static> + 'static,
{
    /// Looks up the user of the credentials, and sends `user_login_failed` if there is none.
    ///
    /// It calls the backend itself, because `AuthSession::authenticate` logs the user with its full `Debug`
    /// output at DEBUG.
    ///
    /// # Errors
    ///
    /// Returns the backend's error. No signal is sent.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while receivers run, the running receiver is dropped and the later ones are
    /// not called.
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

    /// Logs the user in. Sends `user_logged_in` after the session was renewed and stored.
    ///
    /// The session gets a new id, even if a user was logged in with it; `AuthSession::login` would keep the
    /// id. If another user was logged in, the session is emptied.
    ///
    /// The client is logged in when it has the response with the cookie. It gets no cookie with a 5xx
    /// response, or if it has disconnected.
    ///
    /// # Errors
    ///
    /// Returns the error of the session's store. No signal is sent.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while receivers run, the running receiver is dropped and the later ones are
    /// not called. The client's former session is deleted, and the client has no cookie for the new one.
    pub async fn login(&mut self, user: &Backend::User) -> Result<(), Error<Backend>> {
        let session = &self.session.session;
        if self.session.user.as_ref().is_some_and(|other| other.id().to_string() != user.id().to_string()) {
            session.clear().await;
        }
        // `AuthSession` keeps the id if a user is logged in, or was before this request. Anyone with that id
        // would then be logged in too.
        session.cycle_id().await?;
        self.session.login(user).await?;
        self.session.session.save().await?;
        // Receivers that read the extension find the user, too.
        self.parts.extensions.insert(self.session.clone());
        notify_of::<user_logged_in, Backend::User>(UserLoggedIn { user, parts: &self.parts }).await;
        Ok(())
    }

    /// Sends `user_logged_out`, flushes the session, and returns the user who was logged in.
    ///
    /// **It waits for the receivers**: one that never returns keeps the user logged in.
    ///
    /// # Errors
    ///
    /// Returns the error of the session's store.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while receivers run, the session is not flushed, and the user stays logged
    /// in.
    pub async fn logout(&mut self) -> Result<Option<Backend::User>, Error<Backend>> {
        let user = self.session.user.as_ref();
        notify_of::<user_logged_out, Backend::User>(UserLoggedOut { user, parts: &self.parts }).await;
        // `AuthSession::logout` does the same, but logs the user.
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

// Omits the contents of the session and of the user, which may be secrets.
impl<Backend: AuthnBackend> fmt::Debug for SignalsAuth<Backend> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsAuth").field("is_logged_in", &self.session.user.is_some()).finish_non_exhaustive()
    }
}

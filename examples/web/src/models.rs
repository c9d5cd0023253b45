//! The tables: users, their sessions, and the records of receivers.

use std::collections::HashMap;

use axum_login::AuthUser;
use serde_json::Value;
use signals::web::RequestOutcome;
use signals::web::auth::LastLogin;
use signals::{Column, Model};
use time::OffsetDateTime;

use crate::password::PasswordHash;

/// A user who signed up.
#[derive(Debug, Clone, Model)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[model(unique)]
    pub(crate) name: String,
    pub(crate) password: PasswordHash,
    /// Set at each log-in by a receiver of the library.
    pub(crate) last_login: Option<OffsetDateTime>,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    /// A new password ends all sessions.
    fn session_auth_hash(&self) -> &[u8] {
        self.password.as_bytes()
    }
}

impl LastLogin for User {
    type Moment = Option<OffsetDateTime>;
    const LAST_LOGIN: &'static Column<Self, Self::Moment> = User::LAST_LOGIN;
}

/// The session of a browser's cookie.
#[derive(Clone, Model)]
pub(crate) struct Session {
    pub(crate) id: String,
    #[model(json)]
    pub(crate) data: HashMap<String, Value>,
    #[model(index)]
    pub(crate) expiry: OffsetDateTime,
}

/// A request that has ended.
#[derive(Debug, Clone, Model)]
pub(crate) struct Visit {
    pub(crate) id: i64,
    pub(crate) at: OffsetDateTime,
    pub(crate) request_id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// `None` if the request ended without a response.
    pub(crate) status: Option<i32>,
    pub(crate) microseconds: i64,
    pub(crate) bytes: i64,
    pub(crate) outcome: Outcome,
    /// The error, with its causes.
    pub(crate) error: Option<String>,
    /// The user who was logged in.
    pub(crate) user_name: Option<String>,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Completed,
    Aborted,
    Failed,
    Panicked,
}

impl From<RequestOutcome> for Outcome {
    fn from(outcome: RequestOutcome) -> Self {
        match outcome {
            RequestOutcome::Completed => Self::Completed,
            RequestOutcome::Aborted => Self::Aborted,
            RequestOutcome::Panicked => Self::Panicked,
            // The enum may grow. All outcomes except the first are failures.
            _ => Self::Failed,
        }
    }
}

/// A log-in, a log-out, or a failed log-in.
#[derive(Debug, Clone, Model)]
pub(crate) struct LogIn {
    pub(crate) id: i64,
    pub(crate) at: OffsetDateTime,
    pub(crate) name: String,
    pub(crate) event: LogInEvent,
    /// The refused credentials, without their secrets.
    pub(crate) credentials: Option<String>,
}

/// The result of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub(crate) enum LogInEvent {
    LoggedIn,
    LoggedOut,
    Failed,
}

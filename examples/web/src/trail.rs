//! The data of a request for its receivers.

use std::sync::{Arc, OnceLock};

use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use signals::Db;
use signals::web::auth::SignalsAuth;

use crate::accounts::Accounts;

/// An extension of the request. Receivers are functions that the linker finds, so they get the database from
/// here. They also leave data here for the receiver that records the request.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    pub(crate) db: Db,
    pub(crate) user: Arc<OnceLock<String>>,
    pub(crate) error: Arc<OnceLock<String>>,
}

impl Trail {
    /// Returns the trail of a request that came through the application.
    pub(crate) fn of(parts: &Parts) -> Option<&Self> {
        parts.extensions.get()
    }
}

/// Begins a trail. This is outside of the layer of signals, because its receivers get the request as it came
/// to that layer.
pub(crate) async fn begin(State(db): State<Db>, mut request: Request) -> Request {
    request.extensions_mut().insert(Trail { db, user: Arc::default(), error: Arc::default() });
    request
}

/// Records the user, who is only known inside axum-login's layer.
pub(crate) async fn note_user(
    Extension(trail): Extension<Trail>,
    auth: SignalsAuth<Accounts>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(user) = auth.user() {
        trail.user.set(user.name.clone()).ok();
    }
    next.run(request).await
}

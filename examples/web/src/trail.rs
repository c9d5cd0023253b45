//! What travels with a request for those who hear of it.

use std::sync::{Arc, OnceLock};

use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use signals::Db;
use signals::web::auth::SignalsAuth;

use crate::accounts::Accounts;

/// An extension of the request. Receivers are functions that the linker finds, so this is how they come to the database;
/// and here they leave what the one that writes the request down has to know.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    pub(crate) db: Db,
    pub(crate) user: Arc<OnceLock<String>>,
    pub(crate) error: Arc<OnceLock<String>>,
}

impl Trail {
    /// The trail of a request that came through the application.
    pub(crate) fn of(parts: &Parts) -> Option<&Self> {
        parts.extensions.get()
    }
}

/// Begins a trail: outside of the layer of signals, whose receivers are shown the request as it came to that layer.
pub(crate) async fn begin(State(db): State<Db>, mut request: Request) -> Request {
    request.extensions_mut().insert(Trail { db, user: Arc::default(), error: Arc::default() });
    request
}

/// Notes who is logged in, which is known under axum-login's layer alone.
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

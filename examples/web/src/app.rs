//! The application: its pages, and the layers around them.

use std::any::Any;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::{from_fn, map_request_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum_login::tower_sessions::cookie::SameSite;
use axum_login::tower_sessions::{Expiry, SessionManagerLayer};
use axum_login::{AuthManagerLayer, AuthManagerLayerBuilder};
use signals::Db;
use signals::web::SignalsLayer;
use time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::accounts::Accounts;
use crate::sessions::Sessions;
use crate::{pages, routes, trail};

/// The forms are small.
const LARGEST_BODY: usize = 4096;

/// Returns the whole application on one database. Each layer here needs the layers that are below it in this
/// list, which are outside of it.
pub(crate) fn app(db: &Db, signals: SignalsLayer) -> Router {
    let pages = Router::new()
        .route("/", get(routes::home))
        .route("/sign-up", get(routes::sign_up_form).post(routes::sign_up))
        .route("/log-in", get(routes::log_in_form).post(routes::log_in))
        .route("/log-out", post(routes::log_out))
        .route("/crash", get(routes::crash))
        .route("/panic", get(routes::panic))
        .fallback(routes::not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        // Otherwise a browser would show the previous page after a log-out.
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(from_fn(trail::note_user))
        .layer(auth(db))
        .layer(signals)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_request_with_state(db.clone(), trail::begin))
        .with_state(db.clone());
    // These are not under the layer of signals, so they send none.
    pages
        .route("/style.css", get(([(CONTENT_TYPE, "text/css")], include_str!("style.css"))))
        .route("/icon.svg", get(([(CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg"))))
}

fn auth(db: &Db) -> AuthManagerLayer<Accounts, Sessions> {
    let sessions = SessionManagerLayer::new(Sessions::new(db.clone()))
        // A link from another site finds its user logged in, but a form of another site does not.
        .with_same_site(SameSite::Lax)
        // Over plain HTTP, as on this machine, browsers store no secure cookie. Behind HTTPS, remove this
        // line.
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::days(1)));
    AuthManagerLayerBuilder::new(Accounts::new(db.clone()), sessions).build()
}

/// Returns the layer around the layer of signals. The layer of signals sends the signal of a panic and
/// resumes it; this one turns it into a page.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    (StatusCode::INTERNAL_SERVER_ERROR, pages::error::failed()).into_response()
}

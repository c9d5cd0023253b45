//! Log-ins and log-outs in an axum app, over axum-login and a store in memory.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::routing::get;
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend};
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use signals::receiver;
use signals::receivers::Sender;
use signals::web::SignalsLayer;
use signals::web::auth::{
    LoginCredentials, MaskedCredentials, SignalsAuth, UserLoggedIn, UserLoggedOut, UserLoginFailed, user_logged_in,
    user_logged_out, user_login_failed,
};
use tower::ServiceExt as _;
use tower_sessions::session::Id;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};

use crate::recorded::{request, watch};
use crate::surface::shared;

#[derive(Debug, Clone)]
struct Member {
    id: i64,
    hash: Vec<u8>,
    /// Never read. It tests the output of `Debug`.
    _token: &'static str,
}

impl AuthUser for Member {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.hash
    }
}

/// A type that never logs in.
struct Stranger;

#[derive(Clone)]
struct Members;

impl AuthnBackend for Members {
    type User = Member;
    type Credentials = Credentials;
    type Error = fmt::Error;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<Member>, fmt::Error> {
        match credentials.password.as_str() {
            "right-secret" => self.get_user(&7).await,
            "broken" => Err(fmt::Error),
            _ => Ok(None),
        }
    }

    async fn get_user(&self, id: &i64) -> Result<Option<Member>, fmt::Error> {
        Ok([7, 8].contains(id).then(|| Member { id: *id, hash: vec![1, 2, 3], _token: "token-secret" }))
    }
}

#[derive(serde::Deserialize, LoginCredentials)]
struct Credentials {
    #[credentials(show)]
    name: String,
    password: String,
}

async fn log_in(mut auth: SignalsAuth<Members>, Query(credentials): Query<Credentials>) -> StatusCode {
    match auth.authenticate(credentials).await {
        Ok(Some(user)) if auth.login(&user).await.is_ok() => StatusCode::OK,
        Ok(None) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn log_out(auth: SignalsAuth<Members>) -> String {
    assert_eq!(format!("{auth:?}"), format!("SignalsAuth {{ is_logged_in: {}, .. }}", auth.user().is_some()));
    // A clone has the same session, and sends signals too.
    let mut auth = auth.clone();
    let before = auth.user().is_some();
    let user = auth.logout().await.unwrap();
    format!("{} {before} {}", user.map_or(0, |user| user.id), auth.user().is_some())
}

/// Logs a user in, after a log-out or over another user, and returns what is left of the session's data.
async fn enter(mut auth: SignalsAuth<Members>, Query(entry): Query<Entry>) -> String {
    let member = auth.backend().get_user(&entry.id).await.unwrap().unwrap();
    if entry.leave.is_some() {
        auth.logout().await.unwrap();
    }
    auth.login(&member).await.unwrap();
    format!("{:?}", auth.session().get::<bool>("seen").await.unwrap())
}

#[derive(serde::Deserialize)]
struct Entry {
    id: i64,
    leave: Option<String>,
}

async fn who(auth: SignalsAuth<Members>) -> String {
    // Data for the session, so that there is one before any log-in.
    auth.session().insert("seen", true).await.unwrap();
    auth.user().map_or_else(String::new, |user| user.id.to_string())
}

/// Returns an app, and the data that it remembers of its clients.
fn app() -> Router {
    let auth = AuthManagerLayerBuilder::new(Members, SessionManagerLayer::new(MemoryStore::default())).build();
    Router::new()
        .route("/log-in", get(log_in))
        .route("/log-out", get(log_out))
        .route("/enter", get(enter))
        .route("/who", get(who))
        .layer(auth)
        .layer(SignalsLayer::new())
}

/// Requests a page with a cookie. Returns the status, the text, and the cookie for the next request.
async fn ask(
    app: &Router,
    path: &str,
    id: &str,
    cookie: Option<&HeaderValue>,
) -> (StatusCode, String, Option<HeaderValue>) {
    let mut request: Request<Body> = request(path, id);
    request.headers_mut().extend(cookie.map(|cookie| (COOKIE, cookie.clone())));
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("header-secret"));
    let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let set = head.headers.get(SET_COOKIE).map(|set| set.to_str().unwrap().split(';').next().unwrap().parse().unwrap());
    let text = String::from_utf8(axum::body::to_bytes(body, 9999).await.unwrap().into()).unwrap();
    (head.status, text, set.or(cookie.cloned()))
}

static RECORDED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn note(parts: &Parts, what: String) {
    let id = parts.headers["x-request-id"].to_str().unwrap().to_owned();
    RECORDED.lock().unwrap().push((id, what));
}

fn recorded(id: &str) -> Vec<String> {
    RECORDED.lock().unwrap().iter().filter(|(other, _)| other == id).map(|(_, what)| what.clone()).collect()
}

/// Returns the id of the session's user at this moment.
async fn number(parts: &Parts) -> Option<i64> {
    let session = parts.extensions.get::<Session>().unwrap();
    // The value in the store, not the one that waits to be written.
    session.id()?;
    session.load().await.unwrap();
    session.get_value("axum-login.data").await.unwrap()?["user_id"].as_i64()
}

#[receiver(user_logged_in, sender = Member)]
async fn record_in(user: &Member, parts: &Parts) {
    let auth = parts.extensions.get::<AuthSession<Members>>().unwrap();
    assert_eq!(auth.user.as_ref().map(|user| user.id), Some(user.id), "the request belongs to the user now");
    note(parts, format!("{} logged in, session of {:?}", user.id, number(parts).await));
}

#[receiver(user_logged_out, sender = Member)]
async fn record_out(user: Option<&Member>, parts: &Parts) {
    note(parts, format!("{:?} logs out, session of {:?}", user.map(|user| user.id), number(parts).await));
}

#[receiver(user_login_failed)]
fn record_failure(credentials: &MaskedCredentials, parts: &Parts) {
    note(parts, format!("failed: {credentials}"));
}

#[receiver([user_logged_in, user_logged_out], sender = Stranger)]
fn record_strangers(parts: &Parts) {
    note(parts, String::from("a stranger"));
}

#[receiver(user_logged_in, priority = 1)]
fn record_any_in(user: &dyn Any, parts: &Parts) {
    note(parts, format!("anyone: {:?}", user.downcast_ref::<Member>().map(|user| user.id)));
}

#[receiver(user_logged_out, priority = 1)]
fn record_any_out(event: &UserLoggedOut<'_, dyn Any + Send + Sync>) {
    note(event.parts, format!("anyone: {}", event.user.is_some()));
}

#[receiver([user_logged_in, user_logged_out], sender = Member, priority = -2)]
fn fail(parts: &Parts) -> Result<(), fmt::Error> {
    if parts.headers["x-request-id"].as_bytes().starts_with(b"auth-harmed") { Err(fmt::Error) } else { Ok(()) }
}

#[receiver([user_logged_in, user_logged_out], sender = Member, priority = -1)]
fn panic(parts: &Parts) {
    assert!(!parts.headers["x-request-id"].as_bytes().starts_with(b"auth-harmed"), "a receiver panics");
}

// I176, I177
#[tokio::test]
async fn a_log_in_is_told_once_when_the_session_is_renewed() {
    let app = app();
    let (_, _, before) = ask(&app, "/who", "auth-in-0", None).await;
    let (status, _, cookie) = ask(&app, "/log-in?name=ann&password=right-secret", "auth-in-1", before.as_ref()).await;
    assert_eq!(status, 200);
    assert!(before.is_some() && before != cookie, "the session's id is another one");
    assert_eq!(recorded("auth-in-1"), ["7 logged in, session of Some(7)", "anyone: Some(7)"]);
    assert_eq!(ask(&app, "/who", "auth-in-2", cookie.as_ref()).await.1, "7");
    assert_eq!(recorded("auth-in-2"), [""; 0], "no second signal for a user who is logged in");
}

// I183, I184, I185
#[tokio::test]
async fn a_log_in_that_fails_is_told_once_without_its_secret() {
    let app = app();
    let (status, _, _) = ask(&app, "/log-in?name=ann&password=wrong-secret", "auth-fail-1", None).await;
    assert_eq!(status, 401);
    assert_eq!(recorded("auth-fail-1"), [r#"failed: name: "ann", password: "********************""#]);
}

// I186
#[tokio::test]
async fn an_error_of_the_backend_is_no_failed_log_in() {
    let (status, _, _) = ask(&app(), "/log-in?name=ann&password=broken", "auth-error", None).await;
    assert_eq!(status, 500);
    assert_eq!(recorded("auth-error"), [""; 0]);
}

// I180
#[tokio::test]
async fn a_log_out_is_told_before_the_session_is_flushed() {
    let app = app();
    let (_, _, cookie) = ask(&app, "/log-in?name=ann&password=right-secret", "auth-out-0", None).await;
    let (_, text, _) = ask(&app, "/log-out", "auth-out-1", cookie.as_ref()).await;
    assert_eq!(text, "7 true false");
    assert_eq!(recorded("auth-out-1"), ["Some(7) logs out, session of Some(7)", "anyone: true"]);
    assert_eq!(ask(&app, "/who", "auth-out-2", cookie.as_ref()).await.1, "");
}

// I181
#[tokio::test]
async fn a_log_out_of_nobody_is_told_too() {
    let (_, text, _) = ask(&app(), "/log-out", "auth-nobody", None).await;
    assert_eq!(text, "0 false false");
    assert_eq!(recorded("auth-nobody"), ["None logs out, session of None", "anyone: false"]);
}

// I178, I182
#[tokio::test]
async fn receivers_that_fail_or_panic_prevent_no_log_in_and_no_log_out() {
    let app = app();
    let (status, _, cookie) = ask(&app, "/log-in?name=ann&password=right-secret", "auth-harmed-1", None).await;
    assert_eq!(status, 200);
    assert_eq!(recorded("auth-harmed-1").len(), 2, "those after them are called");
    let (_, text, _) = ask(&app, "/log-out", "auth-harmed-2", cookie.as_ref()).await;
    assert_eq!(text, "7 true false");
    assert_eq!(ask(&app, "/who", "auth-harmed-3", cookie.as_ref()).await.1, "");
}

#[tokio::test]
async fn a_log_in_over_another_leaves_neither_its_session_nor_what_it_kept() {
    let app = app();
    for (way, kept) in [("id=8", "None"), ("id=8&leave=", "None"), ("id=7", "Some(true)")] {
        let (_, _, first) = ask(&app, "/log-in?name=ann&password=right-secret", "auth-over-1", None).await;
        let (_, text, _) = ask(&app, "/who", "auth-over-2", first.as_ref()).await;
        assert_eq!(text, "7");
        let (status, text, second) = ask(&app, &format!("/enter?{way}"), "auth-over-3", first.as_ref()).await;
        assert_eq!((status.as_u16(), &*text), (200, kept), "{way}");
        assert_ne!(first, second, "{way}");
        assert_eq!(ask(&app, "/who", "auth-over-4", first.as_ref()).await.1, "", "{way}");
        assert_eq!(ask(&app, "/who", "auth-over-5", second.as_ref()).await.1, way[3..4], "{way}");
    }
}

#[tokio::test]
async fn receivers_are_connected_at_run_time_for_one_type_of_users_or_all() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (own, any) = (Arc::clone(&seen), Arc::clone(&seen));
    let is_mine = |parts: &Parts| parts.headers["x-request-id"] == "auth-connected";
    let guard = user_logged_in.connect_scoped::<Member>("auth.own", move |event: &mut UserLoggedIn<'_, Member>| {
        own.lock().unwrap().extend(is_mine(event.parts).then_some(event.user.id));
        Ok(())
    });
    let id = user_logged_in.connect_any("auth.any", move |event| {
        any.lock().unwrap().extend(is_mine(event.parts).then_some(i64::from(event.user.is::<Member>())));
        Ok(())
    });
    assert!(user_logged_in.connect::<Member>("auth.own", |_| Ok(())).is_err(), "the uid is taken");
    let slot = || <Member as Sender<user_logged_in>>::slot();
    assert!(std::ptr::eq(slot(), slot()), "there is one slot for each signal and type");
    ask(&app(), "/log-in?name=ann&password=right-secret", "auth-connected", None).await;
    drop(guard);
    assert!(user_logged_in.disconnect(id.unwrap()));
    assert_eq!(*seen.lock().unwrap(), [1, 7]);
    assert!(user_logged_in.has_receivers::<Stranger>() && user_logged_in.has_receivers::<Member>());
}

/// Records every span and event with all fields, of any target and level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Everything {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::span::Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }

    fn on_record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

#[receiver(user_login_failed)]
fn print_failure(event: &UserLoginFailed<'_>) {
    tracing::info!(event = ?event, headers = ?event.parts.headers);
}

#[receiver(user_logged_in, sender = Member)]
fn print_in(event: &UserLoggedIn<'_, Member>) {
    tracing::info!(event = ?event, headers = ?event.parts.headers);
}

#[receiver(user_logged_out, sender = Member)]
fn print_out(event: &UserLoggedOut<'_, Member>) {
    tracing::info!(event = ?event, headers = ?event.parts.headers);
}

// I184
#[tokio::test]
async fn no_secret_is_in_what_is_logged_or_printed() {
    let everything = Everything::default();
    let _guards = watch(everything.clone());
    let app = app();
    ask(&app, "/log-in?name=ann&password=wrong-secret", "auth-harmed-log-0", None).await;
    let (_, _, cookie) = ask(&app, "/log-in?name=ann&password=right-secret", "auth-harmed-log-1", None).await;
    let cookie = cookie.unwrap();
    ask(&app, "/log-out", "auth-harmed-log-2", Some(&cookie)).await;
    let log = everything.0.lock().unwrap().clone();
    assert_eq!(log.matches("UserLogg").count() + log.matches("UserLoginFailed").count(), 3, "{log}");
    assert!(
        log.contains("auth-harmed-log-2") && log.contains("Sensitive") && log.contains("a receiver failed"),
        "{log}"
    );
    let session = cookie.to_str().unwrap().split_once('=').unwrap().1;
    let number = session.parse::<Id>().unwrap().0.to_string();
    for secret in ["wrong-secret", "right-secret", "token-secret", "header-secret", "[1, 2, 3]", session, &number] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn public_types_are_shown_sent_and_shared() {
    shared::<SignalsAuth<Members>>();
    shared::<MaskedCredentials>();
    shared::<UserLoggedIn<'_, Member>>();
    shared::<UserLoggedOut<'_, Member>>();
    shared::<UserLoginFailed<'_>>();
    shared::<user_logged_in>();
    shared::<user_logged_out>();
    shared::<user_login_failed>();
}

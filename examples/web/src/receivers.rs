//! The records of requests and log-ins. Nothing else in the program names these functions.

use std::error::Error;
use std::iter;

use axum::http::request::Parts;
use signals::web::auth::{MaskedCredentials, user_logged_in, user_logged_out, user_login_failed};
use signals::web::{RequestFinished, got_request_exception, request_finished};
use signals::{Model, Result, Tx, post_save, receiver};
use time::OffsetDateTime;

use crate::models::{LogIn, LogInEvent, User, Visit};
use crate::trail::Trail;

/// The maximum number of stored visits and log-ins.
const KEPT: i64 = 50;

/// The maximum length of a stored text. Clients choose the path and other texts.
const LONGEST_TEXT: usize = 120;

/// A request is written down when its last byte went out.
#[receiver(request_finished)]
async fn write_visit(event: &RequestFinished<'_>) -> Result<()> {
    let Some(trail) = Trail::of(event.parts) else { return Ok(()) };
    let mut visit = Visit {
        id: 0,
        at: OffsetDateTime::now_utc(),
        request_id: event.id.to_owned(),
        method: short(event.parts.method.as_str()),
        path: short(event.parts.uri.path()),
        status: event.status.map(|status| status.as_u16().into()),
        microseconds: event.elapsed.as_micros().try_into().unwrap_or(i64::MAX),
        bytes: event.bytes.try_into().unwrap_or(i64::MAX),
        outcome: event.outcome.into(),
        error: trail.error.get().cloned(),
        user_name: trail.user.get().cloned(),
    };
    visit.save(&trail.db).await
}

/// The error of a request comes before its end. It is kept for the receiver of the end.
#[receiver(got_request_exception)]
fn note_error(parts: &Parts, error: &(dyn Error + 'static)) {
    let causes = iter::successors(Some(error), |&error| error.source()).map(ToString::to_string);
    let text = causes.collect::<Vec<_>>().join(": ");
    if let Some(trail) = Trail::of(parts) {
        trail.error.set(short(&text)).ok();
    }
}

#[receiver(user_logged_in, sender = User)]
async fn write_log_in(user: &User, parts: &Parts) -> Result<()> {
    write(parts, &user.name, LogInEvent::LoggedIn, None).await
}

/// The request came from a guest, and belongs to the user from now on.
#[receiver(user_logged_in, sender = User)]
fn note_user(user: &User, parts: &Parts) {
    if let Some(trail) = Trail::of(parts) {
        trail.user.set(user.name.clone()).ok();
    }
}

#[receiver(user_logged_out, sender = User)]
async fn write_log_out(user: Option<&User>, parts: &Parts) -> Result<()> {
    match user {
        Some(user) => write(parts, &user.name, LogInEvent::LoggedOut, None).await,
        None => Ok(()),
    }
}

/// The credentials of receivers do not contain the password.
#[receiver(user_login_failed)]
async fn write_failure(credentials: &MaskedCredentials, parts: &Parts) -> Result<()> {
    let name = credentials.field("name").unwrap_or_default();
    write(parts, name, LogInEvent::Failed, Some(credentials.to_string())).await
}

async fn write(parts: &Parts, name: &str, event: LogInEvent, credentials: Option<String>) -> Result<()> {
    let Some(trail) = Trail::of(parts) else { return Ok(()) };
    let credentials = credentials.map(|text| short(&text));
    LogIn { id: 0, at: OffsetDateTime::now_utc(), name: short(name), event, credentials }.save(&trail.db).await
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// Keeps the lists short: a new row replaces the oldest one, in the same transaction.
#[receiver(post_save, sender = Visit)]
async fn forget_visits(instance: &Visit, tx: &Tx) -> Result<()> {
    Visit::objects().filter(Visit::ID.le(instance.id - KEPT)).delete(tx).await.map(drop)
}

#[receiver(post_save, sender = LogIn)]
async fn forget_log_ins(instance: &LogIn, tx: &Tx) -> Result<()> {
    LogIn::objects().filter(LogIn::ID.le(instance.id - KEPT)).delete(tx).await.map(drop)
}

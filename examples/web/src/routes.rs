//! The handlers of the pages.

use anyhow::anyhow;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use signals::web::auth::SignalsAuth;
use signals::{Db, Model as _};

use crate::accounts::{self, Accounts, Credentials, Refusal};
use crate::failure::Failure;
use crate::models::{LogIn, User, Visit};
use crate::pages;

type Auth = SignalsAuth<Accounts>;

/// Returns the lists to a logged-in user.
pub(crate) async fn home(State(db): State<Db>, auth: Auth) -> Result<Markup, Failure> {
    let Some(user) = auth.user() else { return Ok(pages::welcome::page()) };
    let visits = Visit::objects().order_by([Visit::ID.desc()]).all(&db).await?;
    let log_ins = LogIn::objects().order_by([LogIn::ID.desc()]).all(&db).await?;
    Ok(pages::activity::page(user, &visits, &log_ins))
}

pub(crate) async fn sign_up_form(auth: Auth) -> Response {
    form_for_guests(&auth, pages::form::sign_up("", None))
}

pub(crate) async fn log_in_form(auth: Auth) -> Response {
    form_for_guests(&auth, pages::form::log_in("", None))
}

fn form_for_guests(auth: &Auth, form: Markup) -> Response {
    if auth.user().is_some() { home_again() } else { form.into_response() }
}

/// Creates a user, and logs the user in.
pub(crate) async fn sign_up(
    State(db): State<Db>,
    auth: Auth,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Failure> {
    let name = credentials.name.clone();
    match accounts::sign_up(&db, credentials).await? {
        Ok(user) => enter(auth, &user).await,
        Err(refusal) => {
            let status = match refusal {
                Refusal::NameTaken => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Ok((status, pages::form::sign_up(&name, Some(&refusal.to_string()))).into_response())
        }
    }
}

pub(crate) async fn log_in(auth: Auth, Form(credentials): Form<Credentials>) -> Result<Response, Failure> {
    let name = credentials.name.clone();
    if name.trim().is_empty() || credentials.password.is_empty() {
        let page = pages::form::log_in(&name, Some("A name and a password are needed."));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let Some(user) = auth.authenticate(credentials).await? else {
        let page = pages::form::log_in(&name, Some("There is no such user, or the password is another one."));
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    enter(auth, &user).await
}

/// Logs a user in. Any other user of the session is logged out.
async fn enter(mut auth: Auth, user: &User) -> Result<Response, Failure> {
    if auth.user().is_some() {
        auth.logout().await?;
    }
    auth.login(user).await?;
    Ok(home_again())
}

pub(crate) async fn log_out(mut auth: Auth) -> Result<Response, Failure> {
    auth.logout().await?;
    Ok(home_again())
}

/// Returns an error with a cause. The client gets a page without details; the list of visits has the error
/// and its cause.
pub(crate) async fn crash() -> Result<Markup, Failure> {
    Err(anyhow!("the disk is full").context("the report cannot be written").into())
}

#[allow(clippy::panic, reason = "to be seen in the list of visits")]
pub(crate) async fn panic() -> Markup {
    panic!("a handler panicked, as this one always does")
}

pub(crate) async fn not_found(auth: Auth) -> Response {
    (StatusCode::NOT_FOUND, pages::error::not_found(auth.user())).into_response()
}

fn home_again() -> Response {
    Redirect::to("/").into_response()
}

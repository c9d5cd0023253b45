//! The time of the last log-in, in the user's row.

use std::convert::Infallible;

use axum::Router;
use axum::routing::get;
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use signals::web::auth::{LastLogin, LoginCredentials, SignalsAuth, update_last_login, user_logged_in};
use signals::{Column, Db, Error, FieldSet, Model, Result, Tx, post_save, receiver};
use tower::ServiceExt as _;
use tower_sessions::{MemoryStore, SessionManagerLayer};

use crate::recorded::request;

#[derive(Debug, Clone, Model)]
struct Keeper {
    id: i64,
    name: String,
    last_login: Option<DateTime<Utc>>,
}

/// A save of a keeper with `update_fields`.
#[derive(Debug, Clone, Model)]
struct Stamped {
    id: i64,
    fields: String,
}

impl AuthUser for Keeper {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"hash"
    }
}

impl LastLogin for Keeper {
    type Moment = Option<DateTime<Utc>>;
    const LAST_LOGIN: &'static Column<Self, Self::Moment> = Keeper::LAST_LOGIN;
}

#[receiver(post_save, sender = Keeper)]
async fn note(update_fields: Option<&FieldSet>, tx: &Tx) -> Result<()> {
    if let Some(fields) = update_fields {
        Stamped { id: 0, fields: fields.names().collect::<Vec<_>>().join(", ") }.save(tx).await?;
    }
    Ok(())
}

/// Logs anyone in as its keeper, whatever the row has now.
#[derive(Clone)]
struct Keepers(Keeper);

#[derive(LoginCredentials)]
struct Nothing {}

impl AuthnBackend for Keepers {
    type User = Keeper;
    type Credentials = Nothing;
    type Error = Infallible;

    async fn authenticate(&self, _: Nothing) -> Result<Option<Keeper>, Infallible> {
        Ok(Some(self.0.clone()))
    }

    async fn get_user(&self, _: &i64) -> Result<Option<Keeper>, Infallible> {
        Ok(Some(self.0.clone()))
    }
}

async fn log_in(mut auth: SignalsAuth<Keepers>) -> StatusCode {
    let keeper = auth.authenticate(Nothing {}).await.unwrap().unwrap();
    auth.login(&keeper).await.unwrap();
    StatusCode::OK
}

async fn let_in(keeper: &Keeper) {
    let auth = AuthManagerLayerBuilder::new(Keepers(keeper.clone()), SessionManagerLayer::new(MemoryStore::default()));
    let app: Router = Router::new().route("/", get(log_in)).layer(auth.build());
    assert_eq!(app.oneshot(request("/", "last-login")).await.unwrap().status(), 200);
}

// I179
#[tokio::test]
async fn a_log_in_is_stamped_in_the_users_row_by_a_save_of_that_column() -> Result<()> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;
    let mut keeper = Keeper { id: 0, name: "ann".into(), last_login: None };
    keeper.save(&db).await?;
    Keeper::objects().update(&db, [Keeper::NAME.set("anna".to_owned())]).quiet().await?;

    let_in(&keeper).await;
    assert_eq!(Keeper::get(&db, keeper.id).await?.last_login, None, "nobody asked for it yet");
    let id = update_last_login::<Keeper>(&db)?;
    assert!(matches!(update_last_login::<Keeper>(&db), Err(Error::DuplicateReceiver { .. })));

    let before = Utc::now() - TimeDelta::microseconds(1);
    let_in(&keeper).await;
    let row = Keeper::get(&db, keeper.id).await?;
    assert!(row.last_login.is_some_and(|moment| before < moment && moment <= Utc::now()), "{row:?}");
    assert_eq!(row.name, "anna", "other fields of the user are not written");
    let stamped = Stamped::objects().all(&db).await?;
    assert_eq!(stamped.iter().map(|stamped| &*stamped.fields).collect::<Vec<_>>(), ["last_login"]);

    // The row was deleted, which is logged. The user is logged in anyway.
    keeper.delete(&db).await?;
    let_in(&keeper).await;
    assert_eq!(Keeper::objects().count(&db).await?, 0);
    assert!(user_logged_in.disconnect(id));
    Ok(())
}

//! The time of a user's last log-in.

use signals_core::db::Db;
use signals_core::error::Result;
use signals_core::model::{Column, Timestamp};
use signals_core::registry::ReceiverId;
use signals_core::store::Model;

use super::signals::user_logged_in;

/// A user whose row has a column for the time of the last log-in, which [`update_last_login`] writes.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, Utc};
/// use signals::web::auth::LastLogin;
/// use signals::{Column, Model};
///
/// #[derive(Debug, Clone, Model)]
/// struct User {
///     id: i64,
///     name: String,
///     last_login: Option<DateTime<Utc>>,
/// }
///
/// impl LastLogin for User {
///     type Moment = Option<DateTime<Utc>>;
///     const LAST_LOGIN: &'static Column<Self, Self::Moment> = User::LAST_LOGIN;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which column keeps the time of the last log-in",
    label = "no model with a `LastLogin`",
    note = "write `impl LastLogin for {Self} {{ type Moment = ..; const LAST_LOGIN: &'static Column<Self, Self::Moment> = {Self}::LAST_LOGIN; }}`"
)]
pub trait LastLogin: Model + Clone {
    /// The type of the column's values: a date with a time of `chrono` or `time`, or an `Option` of it.
    type Moment: Timestamp + 'static;

    /// The column.
    const LAST_LOGIN: &'static Column<Self, Self::Moment>;
}

/// Connects a receiver of [`user_logged_in`] that writes the present time into the user's row. Its uid is
/// `update_last_login`.
///
/// It saves the user with `update_fields`, so each log-in also sends `pre_save` and `post_save` of the user
/// with that column only. The user in the payload of `user_logged_in` keeps the previous time. A failed write
/// is logged, and the user is logged in anyway.
///
/// **Log in outside of a transaction**: the receiver writes through its own connection. It would wait for a
/// transaction that holds the user's row or the only connection.
///
/// In Django a program with the app `auth` has this receiver. Here it is connected once at the start, with
/// the database to write to.
///
/// # Errors
///
/// [`Error::DuplicateReceiver`](signals_core::error::Error::DuplicateReceiver) if it is already connected for
/// this type of user.
///
/// # Examples
///
/// ```
/// # use chrono::{DateTime, Utc};
/// # use signals::{Column, Db, Model, Result, web::auth::LastLogin};
/// # #[derive(Debug, Clone, Model)]
/// # struct User { id: i64, last_login: Option<DateTime<Utc>> }
/// # impl LastLogin for User {
/// #     type Moment = Option<DateTime<Utc>>;
/// #     const LAST_LOGIN: &'static Column<Self, Self::Moment> = User::LAST_LOGIN;
/// # }
/// use signals::web::auth::update_last_login;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = Db::connect("sqlite::memory:").await?;
/// update_last_login::<User>(&db)?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn update_last_login<User: LastLogin>(db: &Db) -> Result<ReceiverId> {
    let db = db.clone();
    user_logged_in.connect_async::<User>("update_last_login", move |event| {
        let (user, db) = (event.user.clone(), db.clone());
        Box::pin(async move { Ok(stamp(user, &db).await?) })
    })
}

async fn stamp<User: LastLogin>(mut user: User, db: &Db) -> Result<()> {
    let field = user.field_mut(User::LAST_LOGIN.index());
    if let Some(moment) = field.and_then(|field| field.downcast_mut::<User::Moment>()) {
        *moment = Timestamp::now();
    }
    user.save(db).update_fields([User::LAST_LOGIN]).await
}

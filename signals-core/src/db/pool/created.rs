//! The signal `connection_created`, sent for each physical connection before it is used.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::backend::{Announce, Args, Backend, Conn, Connection, Text};
use crate::dispatch::{CustomSignal, NoSavepoint, Sending, send};
use crate::error::{Error, Result};
use crate::registry::{Sender, Slot};
use crate::signal::Signal;

/// Sent for each physical connection, after it is set up and before it is used.
///
/// If a receiver fails, the connection is closed, and the call that needed it returns that error. (Django
/// keeps the connection and does not send again, so its setup is skipped silently.) If the pool refills
/// itself in the background, it logs the error and tries again.
///
/// The pool opens a connection when a call needs one, so the receivers run within
/// [`Db::connect`](crate::db::Db::connect) and within any later call. The time of the receivers is part of
/// [`acquire_timeout`](crate::db::DbBuilder::acquire_timeout). On a pool of the application
/// ([`Db::from_pool`](crate::db::Db::from_pool)) they run at the first use of each connection by this library.
///
/// # Payload
///
/// The payload is [`ConnectionCreated`].
///
/// | field | type | parameter | is |
/// |---|---|---|---|
/// | `connection` | [`Connection`] | `connection: &mut Connection<'_>` | the connection: `connection.sqlite()?` is sqlx's own type |
/// | `using` | `&str` | `using: &str` | the name of the database |
/// | `signal` | `&'static str` | `signal: &str` | the name of the signal |
///
/// # Options
///
/// `priority`, `uid` and `robust` apply. There is no sender. The failure of a `robust` receiver is logged,
/// and the connection is used.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::db::{Connection, connection_created};
/// use signals::{Result, receiver};
///
/// #[receiver(connection_created)]
/// async fn tune(connection: &mut Connection<'_>, using: &str) -> Result<()> {
///     if using == "reports" {
///         sqlx::query("PRAGMA cache_size = -65536").execute(connection.sqlite()?).await?;
///     }
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[allow(non_camel_case_types, reason = "a signal is named as it is called")]
#[derive(Debug, Clone, Copy)]
pub struct connection_created;

/// The payload of [`connection_created`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectionCreated<'a> {
    /// The connection: `connection.sqlite()?` is sqlx's own type.
    pub connection: Connection<'a>,
    /// The name of the database.
    pub using: &'a str,
    /// The signal's name.
    pub signal: &'static str,
}

impl Signal for connection_created {
    const NAME: &'static str = "connection_created";
    type Event<'a, M: ?Sized + Send + Sync + 'static> = ConnectionCreated<'a>;
    type Any = Self;
    type Response = ();
}

#[diagnostic::do_not_recommend]
impl Sender<connection_created> for connection_created {
    fn name() -> &'static str {
        "connection_created"
    }

    fn slot() -> &'static Slot<Self, Self> {
        static SLOT: Slot<connection_created, connection_created> = Slot::new();
        &SLOT
    }
}

impl std::ops::Deref for connection_created {
    type Target = CustomSignal<Self>;

    fn deref(&self) -> &Self::Target {
        const { &CustomSignal::new() }
    }
}

tokio::task_local! {
    /// The slot for the error of a failing receiver, read by the call that needs the connection.
    ///
    /// After an error in `after_connect`, sqlx's pool tries again until its timeout, and then drops the
    /// error.
    static FAILURE: Arc<Mutex<Option<Error>>>;
}

/// Returns the function that sends the signal for each connection of this database's pool.
pub(in crate::db) fn announce_as(using: &Arc<str>) -> Announce {
    let using = Arc::clone(using);
    Arc::new(move |connection| {
        let using = Arc::clone(&using);
        Box::pin(async move { announce(connection, &using).await })
    })
}

async fn announce(connection: Connection<'_>, using: &str) -> Result<(), sqlx::Error> {
    let Err(error) = send_created(connection, using).await else { return Ok(()) };
    let refused = sqlx::Error::Configuration(error.to_string().into());
    // If no call waits, as in a refill of the pool, sqlx logs the error.
    FAILURE.try_with(|failure| *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error)).ok();
    Err(refused)
}

async fn send_created(connection: Connection<'_>, using: &str) -> Result<()> {
    let receivers = <connection_created as Sender<connection_created>>::slot().snapshot();
    let mut event = ConnectionCreated { connection, using, signal: connection_created::NAME };
    let sent =
        send::<connection_created, connection_created>(&receivers, &mut event, Sending::UNBOUND, NoSavepoint).await;
    sent.map(drop)
}

/// Sends the signal for a connection of the application's own pool, if it was not sent before. sqlx calls only
/// the application when such a pool opens a connection, so a mark in the session records that it was sent.
pub(super) async fn announce_once(mut connection: Conn, backend: Backend, using: &str) -> Result<Conn> {
    if <connection_created as Sender<connection_created>>::slot().snapshot().is_empty() {
        return Ok(connection);
    }
    let marks = &backend.capabilities().marks;
    let is_set = connection.first(Text::Static(marks.is_set), Args::new(backend, 0), |_| Ok(())).await;
    if is_set.map_err(Error::database("reading the mark of a connection"))?.is_some() {
        return Ok(connection);
    }
    let Some(borrowed) = connection.borrowed() else { return Ok(connection) };
    if let Err(error) = send_created(borrowed, using).await {
        connection.discard();
        return Err(error);
    }
    connection.control(Text::Static(marks.set)).await.map_err(Error::database("marking a connection"))?;
    Ok(connection)
}

/// Waits for a connection, or for the failure of a receiver while it is opened.
pub(in crate::db) async fn watch<T>(acquire: impl Future<Output = Result<T>>) -> Result<T> {
    let failure = Arc::new(Mutex::new(None));
    let mut acquire = std::pin::pin!(FAILURE.scope(Arc::clone(&failure), acquire));
    std::future::poll_fn(|context| {
        let polled = acquire.as_mut().poll(context);
        match failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Poll::Ready(Err(error)),
            None => polled,
        }
    })
    .await
}

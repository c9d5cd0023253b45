//! Sends of custom signals on a handle, with which durable receivers write.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::pin;

use super::{Db, Handle, IntoHandle, Tx};
use crate::dispatch::CustomSignal;
use crate::error::Result;
use crate::registry::Sender;
use crate::signal::{Event, Outcome, Response, Signal};

/// A handle that a send carries to its receivers.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum Carried {
    Db(Db),
    Tx(Tx),
}

impl Carried {
    /// Returns the handle.
    pub fn handle(&self) -> Handle<'_> {
        match self {
            Self::Db(db) => db.into_handle(),
            Self::Tx(tx) => Handle::Tx(tx),
        }
    }
}

thread_local! {
    static CARRIED: RefCell<Option<Carried>> = const { RefCell::new(None) };
}

/// Returns the handle of the innermost [`CustomSignal::on`] whose send is being polled.
#[doc(hidden)]
pub fn carried() -> Option<Carried> {
    CARRIED.with_borrow(Clone::clone)
}

/// A custom signal that is about to be sent on a handle. [`CustomSignal::on`] returns it.
pub struct SendOn<'a, S> {
    signal: &'a CustomSignal<S>,
    on: Handle<'a>,
}

impl<S> CustomSignal<S>
where
    S: Signal<Any = S> + Sender<S>,
{
    /// Sends the signal on a `&Tx` or a `&Db`, with which its durable receivers store their runs.
    ///
    /// On a `Tx`, the runs are part of the transaction. On a `Db`, they are written at once. Other receivers
    /// do not see the handle: put it into the payload if they use it. A send within a receiver uses the same
    /// handle, unless it names its own.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::tasks::DbTasks as _;
    /// use signals::{Db, Result, receiver};
    ///
    /// signals::signal! {
    ///     #[derive(serde::Serialize, serde::Deserialize)]
    ///     pub order_paid { order_id: i64 }
    /// }
    ///
    /// #[receiver(order_paid, durable)]
    /// async fn ship(order_id: i64) {
    ///     println!("order {order_id} is shipped");
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     db.atomic(|tx| async move {
    ///         order_paid.on(&tx).send(OrderPaid { order_id: 7 }).await?;
    ///         Ok(())
    ///     })
    ///     .await?;
    ///     assert_eq!(db.drain_tasks().await?.done, 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn on<'a>(&'a self, handle: impl IntoHandle<'a>) -> SendOn<'a, S> {
        SendOn { signal: self, on: handle.into_handle() }
    }
}

impl<S> SendOn<'_, S>
where
    S: Signal<Any = S> + Sender<S>,
{
    /// Sends as [`CustomSignal::send`] does.
    ///
    /// # Errors
    ///
    /// As [`CustomSignal::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`CustomSignal::send`].
    pub async fn send(self, event: Event<'_, S, S>) -> Result<Vec<Response<S>>> {
        carrying(self.on, self.signal.send(event)).await
    }

    /// Sends as [`CustomSignal::send_robust`] does.
    ///
    /// # Cancel safety
    ///
    /// As [`CustomSignal::send`].
    pub async fn send_robust(self, event: Event<'_, S, S>) -> Vec<Outcome<Response<S>>> {
        carrying(self.on, self.signal.send_robust(event)).await
    }

    /// Sends as [`CustomSignal::notify`] does.
    ///
    /// # Cancel safety
    ///
    /// As [`CustomSignal::send`].
    pub async fn notify(self, event: Event<'_, S, S>) -> u64 {
        carrying(self.on, self.signal.notify(event)).await
    }
}

/// Sets the handle while a send is polled.
async fn carrying<T>(on: Handle<'_>, send: impl Future<Output = T>) -> T {
    let mut carried = Some(match on {
        Handle::Db(db) => Carried::Db(db.clone()),
        Handle::Tx(tx) => Carried::Tx(tx.clone()),
    });
    let mut send = pin!(send);
    poll_fn(|context| {
        let _set = Set::new(&mut carried);
        send.as_mut().poll(context)
    })
    .await
}

/// Exchanges the thread's handle with another one until it is dropped.
struct Set<'a>(&'a mut Option<Carried>);

impl<'a> Set<'a> {
    fn new(carried: &'a mut Option<Carried>) -> Self {
        CARRIED.with_borrow_mut(|current| mem::swap(current, carried));
        Self(carried)
    }
}

impl Drop for Set<'_> {
    fn drop(&mut self) {
        CARRIED.with_borrow_mut(|current| mem::swap(current, self.0));
    }
}

impl<S: Signal> fmt::Debug for SendOn<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendOn").field("signal", &S::NAME).field("on", &self.on).finish()
    }
}

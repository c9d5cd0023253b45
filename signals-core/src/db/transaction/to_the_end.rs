//! Work that continues after its future is dropped.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

use crate::context::{self, Context as Cause};
use crate::dispatch::Frame;
use crate::error::{Error, Result};

/// Runs `work` to its end, even if the returned future is dropped.
///
/// It runs where it is awaited, so it has the caller's task-locals and needs no other task. If it is dropped,
/// a task takes over. Within a receiver it always runs in a task: polled in place, each level of nested
/// commits would need its own part of the stack. `unseen` receives the outcome if the future was dropped.
///
/// # Errors
///
/// [`Error::Other`] if `work` panics, with the text of the panic, or if its task is cancelled.
pub(super) async fn to_the_end<T, F, U>(work: F, unseen: U) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
    U: FnOnce(Result<T>) + Send + Unpin + 'static,
{
    let frame = Frame::current();
    if frame.depth() == 0 {
        let (span, runtime, cause) = (Span::current(), Handle::try_current().ok(), context::current());
        return Here { work: Some((Box::pin(work), unseen)), frame, cause, span, runtime }.await;
    }
    let (sender, receiver) = oneshot::channel();
    let task = in_task(frame, async move {
        if let Err(outcome) = sender.send(caught(work).await) {
            unseen(outcome);
        }
    });
    match receiver.await {
        Ok(outcome) => outcome,
        Err(_nothing_sent) => Err(task.await.err().map_or_else(cancelled, Error::other)),
    }
}

/// Returns the output of `work`, or the text of its panic.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| panicked(&*panic))
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref().map(String::as_str));
    Error::other(format!("the end of a transaction panicked: {}", text.unwrap_or("the panic has no text")))
}

fn cancelled() -> Error {
    Error::other("the task that ends a transaction was cancelled")
}

/// Runs `work` in its own task, in the current span and context, and as deep in nested sends as `frame`.
pub(super) fn in_task<F>(frame: Frame, work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(context::current().around(frame.around(work)).in_current_span())
}

/// Work that runs where it is awaited, until it is dropped.
struct Here<T: Send + 'static, U: FnOnce(Result<T>) + Send + Unpin + 'static> {
    work: Option<(BoxFuture<'static, T>, U)>,
    frame: Frame,
    cause: Cause,
    span: Span,
    runtime: Option<Handle>,
}

impl<T: Send + 'static, U: FnOnce(Result<T>) + Send + Unpin + 'static> Future for Here<T, U> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(mut work) = self.work.take() else {
            return Poll::Ready(Err(Error::other("the end of a transaction was awaited again after it was done")));
        };
        match catch_unwind(AssertUnwindSafe(|| work.0.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {
                self.work = Some(work);
                Poll::Pending
            }
            Err(panic) => Poll::Ready(Err(panicked(&*panic))),
        }
    }
}

impl<T: Send + 'static, U: FnOnce(Result<T>) + Send + Unpin + 'static> Drop for Here<T, U> {
    fn drop(&mut self) {
        let Some((work, unseen)) = self.work.take() else { return };
        let Some(runtime) = &self.runtime else {
            tracing::warn!(target: "signals", "no receiver is called at the end of a transaction, since there is no runtime");
            return;
        };
        let (frame, cause) = (self.frame, std::mem::take(&mut self.cause));
        let rest = async move { unseen(frame.around(caught(work)).await) };
        drop(runtime.spawn(cause.around(rest).instrument(self.span.clone())));
    }
}

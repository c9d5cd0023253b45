//! Work that a dropped future does not stop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

use crate::dispatch::Frame;
use crate::error::{Error, Result};

/// Runs `work` to its end, also if the returned future is dropped.
///
/// It runs where it is awaited, so it has the caller's task-locals and costs no other task. Once it is dropped, a task takes it over.
/// Within a receiver it is a task from the beginning: polled there, each level of a nest of commits would need its part of the stack.
///
/// # Errors
///
/// [`Error::Other`] if `work` panics, or if its task is cancelled.
pub(super) async fn to_the_end<F>(work: F) -> Result<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let frame = Frame::current();
    if frame.depth() > 0 {
        return in_task(frame, work).await.map_err(Error::other);
    }
    Here { work: Some(Box::pin(work)), frame, span: Span::current(), runtime: Handle::try_current().ok() }.await
}

/// Runs `work` in a task of its own, as deep in a nest of sends as `frame` is, and in the current span.
pub(super) fn in_task<F>(frame: Frame, work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(frame.around(work).in_current_span())
}

/// Work that runs where it is awaited, until that is dropped.
struct Here<T: Send + 'static> {
    work: Option<BoxFuture<'static, T>>,
    frame: Frame,
    span: Span,
    runtime: Option<Handle>,
}

impl<T: Send + 'static> Future for Here<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(mut work) = self.work.take() else {
            return Poll::Ready(Err(Error::other("what follows a transaction was awaited again after its end")));
        };
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {
                self.work = Some(work);
                Poll::Pending
            }
            Err(_panic) => Poll::Ready(Err(Error::other("what follows a transaction panicked"))),
        }
    }
}

impl<T: Send + 'static> Drop for Here<T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        let frame = self.frame;
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { frame.around(work).await }.instrument(self.span.clone()))),
            None => {
                tracing::warn!(target: "signals", "receivers are not told how a write ended, since no runtime is left");
            }
        }
    }
}

//! The context in which a receiver runs: the depth of nested sends, the transaction and the span. It is set
//! per thread while the receiver's future is polled.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::targets::Names;
use crate::registry::{Entry, Site};

/// How deep signals may nest, unless a [`DbBuilder`](crate::db::DbBuilder) sets another limit.
pub const DEFAULT_RECURSION_LIMIT: u32 = 32;

/// The transaction that a receiver got, by identity. All fields are zero if it got none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The database.
    pub(crate) db: usize,
    /// The transaction.
    pub(crate) tx: usize,
    /// The level of the savepoint.
    pub(crate) level: usize,
}

thread_local! {
    /// The innermost receiver that runs, or whose future is being polled.
    static RECEIVER: Cell<Option<Site>> = const { Cell::new(None) };
}

/// Returns the innermost receiver whose future is being polled.
#[cfg(feature = "_models")]
pub(crate) fn current_receiver() -> Option<Site> {
    RECEIVER.get()
}

/// Notes the receiver that runs next, until the [`InFrame`] around it is polled to its end.
#[inline]
pub(super) fn note_receiver(receiver: &Entry) {
    RECEIVER.set(Some(receiver.site()));
}

/// Restores the receiver of an outer send, even after a panic.
struct RestoreReceiver(Option<Site>);

impl Drop for RestoreReceiver {
    #[inline]
    fn drop(&mut self) {
        RECEIVER.set(self.0);
    }
}

/// The position of the running code in nested sends.
///
/// A nested send is polled within the poll of its receiver. So the frame is set and restored around each
/// poll, whatever connection or transaction the nested call uses. A task that a receiver spawns starts at
/// depth 0, except tasks that call receivers at the end of a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    depth: u32,
    limit: u32,
    scope: Scope,
}

thread_local! {
    static CURRENT: Cell<Frame> = const {
        Cell::new(Frame { depth: 0, limit: DEFAULT_RECURSION_LIMIT, scope: Scope { db: 0, tx: 0, level: 0 } })
    };
}

impl Frame {
    #[inline]
    pub(crate) fn current() -> Self {
        CURRENT.get()
    }

    /// Returns the frame of a receiver called from this one.
    #[inline]
    pub(crate) fn deeper(self, scope: Scope, limit: Option<u32>) -> Self {
        // A send outside of a transaction keeps the one that it is nested in.
        let scope = if scope == Scope::default() { self.scope } else { scope };
        Self { depth: self.depth + 1, limit: limit.unwrap_or(self.limit), scope }
    }

    #[inline]
    pub(crate) fn limit(self) -> u32 {
        self.limit
    }

    #[inline]
    pub(crate) fn depth(self) -> u32 {
        self.depth
    }

    pub(crate) fn scope(self) -> Scope {
        self.scope
    }

    /// Runs `f` in this frame. Restores the previous one even if `f` panics.
    #[inline]
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        struct Restore(Frame);
        impl Drop for Restore {
            #[inline]
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _restore = Restore(CURRENT.replace(self));
        f()
    }

    /// Polls `future` in this frame.
    pub(crate) async fn around<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| self.run(|| future.as_mut().poll(context))).await
    }

    /// Polls `future` at least as deep as this frame, in the transaction in which it is polled.
    pub(crate) async fn at_least<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let current = Self::current();
            let frame = Self { depth: self.depth.max(current.depth), limit: self.limit, scope: current.scope };
            frame.run(|| future.as_mut().poll(context))
        })
        .await
    }

    /// Returns a frame as deep as this one, in another transaction or, by default, in none.
    pub(crate) fn within(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }
}

/// The context of the receivers of one send: their frame and their span.
pub(super) struct CallContext {
    pub(super) frame: Frame,
    pub(super) span: Span,
}

impl CallContext {
    /// Returns the context of a send that stops at the first failure.
    #[inline]
    pub(super) fn of_send(frame: Frame, names: impl FnOnce() -> Names) -> Self {
        let span = if traced() { send_span(names()) } else { Span::none() };
        Self { frame, span }
    }
}

/// Returns whether spans may be recorded. It is one load, and each disabled span would cost several.
#[inline]
pub(super) fn traced() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG
}

#[cold]
fn send_span((signal, sender): Names) -> Span {
    let sender = sender();
    tracing::debug_span!(target: "signals", "send", signal, sender)
}

/// The least number of bytes of stack for each poll of a receiver. A build without optimization uses up to
/// 128 KiB from one receiver to the next.
const RED_ZONE: usize = 512 * 1024;

/// The number of bytes that a poll gets if the stack has fewer left.
const SEGMENT: usize = 2 * 1024 * 1024;

/// Receivers' futures, polled in their frame, with enough stack for the next receiver.
pub(super) struct InFrame<F> {
    pub(super) frame: Frame,
    pub(super) work: F,
}

impl<F: Future + Unpin> Future for InFrame<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { frame, work } = &mut *self;
        // In nested sends each receiver is polled within the poll of the one before it.
        stacker::maybe_grow(RED_ZONE, SEGMENT, || {
            // Once for each poll, and not for each receiver.
            let _restore = RestoreReceiver(RECEIVER.get());
            frame.run(|| Pin::new(work).poll(context))
        })
    }
}

/// A receiver's future, polled as a part of that receiver, in an [`InFrame`].
pub(super) struct AtSite<'a, T> {
    pub(super) receiver: &'a Entry,
    pub(super) future: BoxFuture<'a, T>,
}

impl<T> Future for AtSite<'_, T> {
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        note_receiver(self.receiver);
        self.future.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use futures_util::FutureExt as _;

    use super::*;

    const OUTER: Site = Site::Connected { file: "outer.rs", line: 1 };
    const INNER: Site = Site::Connected { file: "inner.rs", line: 2 };

    /// Polls a nested send, whose receiver does `work`.
    fn nested(work: impl Fn()) {
        let polled = pin!(ready(()).map(|()| {
            RECEIVER.set(Some(INNER));
            work();
        }));
        InFrame { frame: Frame::current(), work: polled }.now_or_never();
    }

    #[test]
    fn after_a_nested_send_the_outer_receiver_is_the_current_one() {
        RECEIVER.set(Some(OUTER));
        nested(|| assert_eq!(RECEIVER.get(), Some(INNER)));
        assert_eq!(RECEIVER.get(), Some(OUTER));
    }

    #[test]
    fn after_a_panic_in_a_nested_send_the_outer_receiver_is_the_current_one() {
        RECEIVER.set(Some(OUTER));
        let panicked = catch_unwind(AssertUnwindSafe(|| nested(|| std::panic::resume_unwind(Box::new(())))));
        assert!(panicked.is_err());
        assert_eq!(RECEIVER.get(), Some(OUTER));
    }
}

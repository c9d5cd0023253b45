//! The futures of receivers, and where they are polled.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use super::frame::{Frame, Site};
use crate::registry::Entry;

/// How many bytes of the stack each poll of a receiver has at least. A build without optimization takes up to 128 KiB
/// from one receiver to the next.
const RED_ZONE: usize = 512 * 1024;

/// How many bytes a poll gets if the stack has fewer left.
const SEGMENT: usize = 2 * 1024 * 1024;

/// Receivers' futures, polled in their frame, with as much stack as the next receiver may need.
pub(super) struct InFrame<F> {
    pub(super) frame: Frame,
    pub(super) work: F,
}

impl<F: Future + Unpin> Future for InFrame<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { frame, work } = &mut *self;
        // In a nest of sends each receiver is polled within the poll of the one before it.
        stacker::maybe_grow(RED_ZONE, SEGMENT, || frame.run(|| Pin::new(work).poll(context)))
    }
}

/// A receiver's future, polled as a part of that receiver.
pub(super) struct AtSite<'a, T> {
    pub(super) receiver: &'a Entry,
    pub(super) future: BoxFuture<'a, T>,
}

impl<T> Future for AtSite<'_, T> {
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { receiver, future } = &mut *self;
        Site::of(receiver).run(|| future.as_mut().poll(context))
    }
}

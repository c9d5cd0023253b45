//! The call of a blocking task, on a thread of its own.

use std::panic::resume_unwind;

use futures_util::future::BoxFuture;
use signals_core::context;
use tokio::runtime::Handle;
use tracing::Span;

use crate::definition::{Failure, Run};

/// Calls the function of a blocking task on a thread of its own, in the span and the context of the run.
///
/// The thread is in the runtime of the worker, so the function may use `Handle::current()`. If the future is dropped,
/// the thread keeps its slot in the worker until it returns.
pub fn blocking(run: &Run, call: fn(&Run) -> Result<(), Failure>) -> BoxFuture<'_, Result<(), Failure>> {
    Box::pin(async move {
        let (own, runtime, context, span) = (run.clone(), Handle::current(), context::current(), Span::current());
        let function = move || {
            let _entered = runtime.enter();
            context.run(|| span.in_scope(|| call(&own)))
        };
        match run.threads.call(run.held, run.context.task(), function).await {
            Ok(Ok(returned)) => returned,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(error) => Err(Failure::Failed(error.into())),
        }
    })
}

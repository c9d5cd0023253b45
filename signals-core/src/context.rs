//! The context of the running code: the request that caused it, and on whose behalf it runs.

mod propagator;
mod traceparent;

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};

pub use propagator::{Propagator, link, set_propagator, traceparent};
use traceparent::is_traceparent;

/// The cause of the running code: the id of a request, an actor and a trace.
///
/// A receiver takes it as the parameter `context: &Context`. Other code reads it with [`current`]. It is empty
/// outside of every [`scope`].
///
/// It is set in a request of a program with `signals::web::SignalsLayer`, in each [`scope`], and in each run of a
/// task, which has the context of the call that enqueued it. A clone is one reference count.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::context::{self, Context};
/// use signals::{Db, Model, Result, post_save, receiver};
///
/// #[derive(Model)]
/// struct Order {
///     id: i64,
/// }
///
/// #[receiver(post_save, sender = Order)]
/// fn audit(instance: &Order, context: &Context) {
///     println!("{:?} saved order {}", context.actor(), instance.id); // prints: Some("user:7") saved order 1
///     assert_eq!(context.actor(), Some("user:7"));
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     context::scope(Context::new().with_actor("user:7"), Order { id: 0 }.create(&db)).await?;
///     assert!(context::current().is_empty());
///     Ok(())
/// }
/// ```
#[derive(Clone, Default)]
pub struct Context(Option<Arc<Inner>>);

#[derive(Default)]
struct Inner {
    request_id: Option<RequestId>,
    actor: Option<Arc<str>>,
    traceparent: Option<Arc<str>>,
}

/// An id that may be made when it is first read.
struct RequestId {
    id: OnceLock<Arc<str>>,
    make: fn() -> Arc<str>,
}

impl RequestId {
    fn get(&self) -> &Arc<str> {
        self.id.get_or_init(self.make)
    }
}

thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context(None)) };
}

/// Returns the context of the running code.
pub fn current() -> Context {
    CURRENT.with_borrow(Clone::clone)
}

/// Awaits a future in a context. What this context does not set is taken from the one outside.
///
/// **A task that the future spawns has no context.** Pass it on: `tokio::spawn(context::scope(context::current(),
/// work))`. A thread that the future starts has none either; there, use [`enter`].
///
/// # Cancel safety
///
/// As the future, which is dropped in the context.
pub async fn scope<F: IntoFuture>(context: Context, future: F) -> F::Output {
    let context = context.or(&current());
    context.around(future.into_future()).await
}

/// Runs a function in a context. What this context does not set is taken from the one outside.
///
/// # Examples
///
/// ```
/// use signals::context::{self, Context};
///
/// let context = Context::new().with_actor("import");
/// let length = context::enter(context, || context::current().actor().map(str::len));
/// assert_eq!(length, Some(6));
/// ```
pub fn enter<T>(context: Context, function: impl FnOnce() -> T) -> T {
    context.or(&current()).run(function)
}

impl Context {
    /// Creates an empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the actor: the user or the program on whose behalf the code runs, in a form of the application's
    /// choice, such as `user:7`.
    ///
    /// **It is stored as it is with each run that is enqueued**, and shown in logs and by `tasks show`. Use an id,
    /// and not a name or an address.
    #[must_use]
    pub fn with_actor(self, actor: impl Into<Arc<str>>) -> Self {
        Self::of(Inner { actor: Some(actor.into()), ..self.parts() })
    }

    /// Sets the id of the request. `signals::web::SignalsLayer` sets it for each request.
    #[must_use]
    pub fn with_request_id(self, id: impl Into<Arc<str>>) -> Self {
        let id = RequestId { id: OnceLock::from(id.into()), make: || Arc::from("") };
        Self::of(Inner { request_id: Some(id), ..self.parts() })
    }

    /// Sets the trace, in the form of the header `traceparent` of the W3C. As that requires, a value of another
    /// form is ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::context::Context;
    ///
    /// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert_eq!(Context::new().with_traceparent(header).traceparent(), Some(header));
    /// assert_eq!(Context::new().with_traceparent("nonsense").traceparent(), None);
    /// ```
    #[must_use]
    pub fn with_traceparent(self, traceparent: &str) -> Self {
        if !is_traceparent(traceparent) {
            return self;
        }
        Self::of(Inner { traceparent: Some(traceparent.into()), ..self.parts() })
    }

    /// Returns the id of the request.
    pub fn request_id(&self) -> Option<&str> {
        Some(self.0.as_ref()?.request_id.as_ref()?.get())
    }

    /// Returns the actor.
    pub fn actor(&self) -> Option<&str> {
        self.0.as_ref()?.actor.as_deref()
    }

    /// Returns the trace, as in the header `traceparent`.
    pub fn traceparent(&self) -> Option<&str> {
        self.0.as_ref()?.traceparent.as_deref()
    }

    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the context of a request, whose id is made when it is first read, unless it is given.
    #[doc(hidden)]
    pub fn of_request(id: Option<Arc<str>>, make: fn() -> Arc<str>, traceparent: Option<&str>) -> Self {
        let request_id = Some(RequestId { id: id.map_or_else(OnceLock::new, OnceLock::from), make });
        let traceparent = traceparent.filter(|it| is_traceparent(it)).map(Arc::from);
        Self::of(Inner { request_id, actor: None, traceparent })
    }

    /// Polls and drops `future` in this context, and in no other.
    #[doc(hidden)]
    pub fn around<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        // Boxed, because a future that is passed on takes its size in each caller.
        Around { context: self, future: Some(Box::pin(future)) }
    }

    /// Runs `f` in this context, and in no other. Restores the previous one even if `f` panics.
    #[doc(hidden)]
    pub fn run<T>(self, f: impl FnOnce() -> T) -> T {
        struct Restore(Context);
        impl Drop for Restore {
            fn drop(&mut self) {
                // Dropped outside of the borrow, because it may be the last clone.
                let _ended = CURRENT.with_borrow_mut(|current| mem::replace(current, mem::take(&mut self.0)));
            }
        }
        let _restore = Restore(CURRENT.with_borrow_mut(|current| mem::replace(current, self)));
        f()
    }

    fn of(inner: Inner) -> Self {
        Self(Some(Arc::new(inner)))
    }

    /// Returns this context, with what it does not set from another one.
    fn or(self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self;
        }
        let (own, other) = (self.parts(), other.parts());
        Self::of(Inner {
            request_id: own.request_id.or(other.request_id),
            actor: own.actor.or(other.actor),
            traceparent: own.traceparent.or(other.traceparent),
        })
    }

    /// Returns a copy of the values. The id of a request is made before, so that both have the same.
    fn parts(&self) -> Inner {
        let Some(inner) = &self.0 else { return Inner::default() };
        let copied = |it: &RequestId| RequestId { id: OnceLock::from(Arc::clone(it.get())), make: it.make };
        Inner {
            request_id: inner.request_id.as_ref().map(copied),
            actor: inner.actor.clone(),
            traceparent: inner.traceparent.clone(),
        }
    }
}

/// A future in a context. What it owns is dropped in the context too, such as a transaction whose receivers are called
/// after its rollback.
struct Around<F> {
    context: Context,
    /// `None` while it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Around<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let context = self.context.clone();
        let Some(future) = &mut self.future else { return Poll::Pending };
        context.run(|| future.as_mut().poll(task))
    }
}

impl<F> Drop for Around<F> {
    fn drop(&mut self) {
        let (context, future) = (mem::take(&mut self.context), self.future.take());
        // At the end of a thread its present context may be gone, and the future is dropped without one.
        if CURRENT.try_with(|_| ()).is_ok() {
            context.run(|| drop(future));
        }
    }
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        let values = |it: &Self| [it.request_id(), it.actor(), it.traceparent()].map(|value| value.map(str::to_owned));
        values(self) == values(other)
    }
}

impl Eq for Context {}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("actor", &self.actor())
            .field("traceparent", &self.traceparent())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_made_once_and_only_if_it_is_read() {
        use std::sync::atomic::{AtomicU32, Ordering};
        static MADE: AtomicU32 = AtomicU32::new(0);
        fn make() -> Arc<str> {
            Arc::from(format!("id {}", MADE.fetch_add(1, Ordering::Relaxed)))
        }
        let request = Context::of_request(None, make, None);
        request.clone().run(|| assert!(!current().is_empty()));
        assert_eq!(MADE.load(Ordering::Relaxed), 0);
        let inner = request.clone().run(|| Context::new().with_actor("a").or(&current()));
        assert_eq!((inner.request_id(), request.request_id()), (Some("id 0"), Some("id 0")));
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn an_inner_scope_keeps_what_it_does_not_set_and_ends_with_its_panic() {
        let outer = Context::new().with_actor("outer").with_request_id("7");
        enter(outer.clone(), || {
            let inner = enter(Context::new().with_actor("inner"), current);
            assert_eq!((inner.actor(), inner.request_id()), (Some("inner"), Some("7")));
            let panicked = std::panic::catch_unwind(|| {
                enter(Context::new().with_actor("gone"), || std::panic::resume_unwind(Box::new("no")))
            });
            assert!(panicked.is_err());
            assert_eq!(current(), outer);
        });
        assert!(current().is_empty());
    }

    #[test]
    fn a_future_is_dropped_in_its_scope() {
        struct Look(Arc<OnceLock<Context>>);
        impl Drop for Look {
            fn drop(&mut self) {
                assert!(self.0.set(current()).is_ok());
            }
        }
        let seen = Arc::new(OnceLock::new());
        let look = Look(Arc::clone(&seen));
        let context = Context::new().with_actor("user:7");
        let mut dropped = Box::pin(scope(context.clone(), async move {
            let _look = look;
            std::future::pending::<()>().await;
        }));
        let mut task = task::Context::from_waker(task::Waker::noop());
        assert!(dropped.as_mut().poll(&mut task).is_pending());
        drop(dropped);
        assert_eq!(seen.get(), Some(&context));
        assert!(current().is_empty());
    }
}

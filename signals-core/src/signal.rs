//! Signals and receivers, before they are registered or called.

#[cfg(feature = "_models")]
mod attachment;
mod connect_options;
mod kind;
#[cfg(feature = "_models")]
mod needs;

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::error::{BoxError, ReceiverCall};
pub use connect_options::ConnectOptions;
pub use kind::SignalKind;
#[cfg(feature = "_models")]
pub(crate) use needs::Needs;

/// A signal: a unit struct in `snake_case`, so that its name is both a type and a value.
///
/// [`signal!`] defines one. The model signals are defined in the same way.
///
/// [`signal!`]: https://docs.rs/signals-orm/latest/signals/macro.signal.html
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a signal",
    label = "not a signal",
    note = "make one with `signals::signal! {{ pub my_signal {{ field: Type }} }}`"
)]
pub trait Signal: Sized + Send + Sync + 'static {
    /// The signal's name in receivers and logs.
    const NAME: &'static str;
    /// The kind of the signal: the signal that receivers name, and when it is sent.
    #[doc(hidden)]
    const KIND: SignalKind = SignalKind::of(Self::NAME);
    /// The payload, for a sender of type `M`.
    type Event<'a, M: ?Sized + Send + Sync + 'static>: Send;
    /// The sender type of a receiver that names no sender: `dyn AnyModel` for model signals, the signal
    /// itself for a custom signal.
    type Any: ?Sized + Send + Sync + 'static;
    /// The response of a receiver.
    type Response: Send + 'static;
}

/// A type that a receiver function may return for a signal whose response is `R`.
#[diagnostic::on_unimplemented(
    message = "a receiver or callback cannot return `{Self}`",
    label = "return nothing, or a `Result` whose error converts into `BoxError`",
    note = "both return `()` or `Result<(), E>`; a receiver whose signal declares a response `R` returns `R` or `Result<R, E>`"
)]
pub trait ReceiverOutput<R> {
    /// Whether it can be an error.
    const FALLIBLE: bool;

    /// Returns the response, or the receiver's error.
    ///
    /// # Errors
    ///
    /// The error that the receiver returned.
    fn into_response(self) -> Result<R, BoxError>;
}

impl<R> ReceiverOutput<R> for R {
    const FALLIBLE: bool = false;

    fn into_response(self) -> Result<R, BoxError> {
        Ok(self)
    }
}

impl<R, E: Into<BoxError>> ReceiverOutput<R> for Result<R, E> {
    const FALLIBLE: bool = true;

    fn into_response(self) -> Result<R, BoxError> {
        self.map_err(Into::into)
    }
}

/// The facts about a receiver: where it is written and how it is called.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Model, post_save, receiver};
/// # #[derive(Debug, Clone, Model)]
/// # struct User { id: i64, email: String }
/// #[receiver(post_save, sender = User, changed(email), priority = 10, robust)]
/// async fn index(instance: &User) {
///     println!("{}", instance.email);
/// }
///
/// # fn main() {
/// let all = signals::registry();
/// let info = &all[0].receiver;
/// assert!(info.path().ends_with("::index"));
/// assert!(info.is_robust() && info.is_async() && !info.is_raw());
/// assert_eq!((info.priority_value(), info.changed_fields()), (10, &["email"][..]));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent option of the attribute")]
pub struct ReceiverInfo {
    name: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    priority: i32,
    uid: Option<&'static str>,
    connected: Option<Arc<str>>,
    robust: bool,
    raw: bool,
    each: bool,
    durable: bool,
    takes: &'static [&'static str],
    changed: &'static [&'static str],
    when: &'static [&'static str],
    fallible: bool,
    is_async: bool,
}

impl ReceiverInfo {
    /// Describes a receiver that the linker registers.
    #[doc(hidden)]
    pub const fn linked(name: &'static str, module: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            name,
            module,
            file,
            line,
            priority: 0,
            uid: None,
            connected: None,
            robust: false,
            raw: false,
            each: false,
            durable: false,
            takes: &[],
            changed: &[],
            when: &[],
            fallible: true,
            is_async: false,
        }
    }

    /// Describes a receiver connected at run time, which takes the whole payload and can fail.
    pub(crate) fn connected(options: &ConnectOptions, file: &'static str, line: u32) -> Self {
        Self {
            connected: Some(options.uid.clone()),
            priority: options.priority,
            robust: options.robust,
            raw: options.raw,
            takes: if options.previous { &["event", "previous"] } else { &["event"] },
            ..Self::linked("", "", file, line)
        }
    }

    /// Sets the priority; lower runs first.
    #[doc(hidden)]
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the uid.
    #[doc(hidden)]
    #[must_use]
    pub const fn uid(mut self, uid: &'static str) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Logs its failures instead of undoing the save.
    #[doc(hidden)]
    #[must_use]
    pub const fn robust(mut self) -> Self {
        self.robust = true;
        self
    }

    /// Calls it for raw writes too.
    #[doc(hidden)]
    #[must_use]
    pub const fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Calls it for each write of a transaction, not once per row with the net change.
    #[doc(hidden)]
    #[must_use]
    pub const fn each(mut self) -> Self {
        self.each = true;
        self
    }

    /// Stores a run of a task with the write, in place of a call.
    #[doc(hidden)]
    #[must_use]
    pub const fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Names the payload's fields that it takes.
    #[doc(hidden)]
    #[must_use]
    pub const fn takes(mut self, fields: &'static [&'static str]) -> Self {
        self.takes = fields;
        self
    }

    /// Names the fields of the condition `changed`.
    #[doc(hidden)]
    #[must_use]
    pub const fn changed(mut self, fields: &'static [&'static str]) -> Self {
        self.changed = fields;
        self
    }

    /// Names the fields of the condition `when`.
    #[doc(hidden)]
    #[must_use]
    pub const fn when(mut self, fields: &'static [&'static str]) -> Self {
        self.when = fields;
        self
    }

    /// Sets whether it can fail.
    #[doc(hidden)]
    #[must_use]
    pub const fn fallible(mut self, fallible: bool) -> Self {
        self.fallible = fallible;
        self
    }

    /// Returns the receiver's path, or its uid if it was connected at run time.
    pub fn path(&self) -> String {
        match &self.connected {
            Some(uid) => uid.to_string(),
            None => format!("{}::{}", self.module, self.name),
        }
    }

    /// Returns the uid if it was given one, otherwise its path.
    pub fn uid_or_path(&self) -> String {
        self.uid.map_or_else(|| self.path(), str::to_owned)
    }

    /// Returns the file of the receiver.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line of that file.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns its priority; lower runs first.
    pub fn priority_value(&self) -> i32 {
        self.priority
    }

    /// Returns whether its failures are logged instead of undoing the save.
    #[inline]
    pub fn is_robust(&self) -> bool {
        self.robust
    }

    /// Returns whether it is called for raw writes too.
    #[inline]
    pub fn is_raw(&self) -> bool {
        self.raw
    }

    /// Returns whether it is called for each write of a transaction, and not for the net change of each row.
    pub fn is_each(&self) -> bool {
        self.each
    }

    /// Returns whether the write stores a run of a task, which calls the receiver later.
    pub fn is_durable(&self) -> bool {
        self.durable
    }

    /// Returns whether it can fail.
    pub fn is_fallible(&self) -> bool {
        self.fallible
    }

    /// Returns whether it returns a future, which may be dropped before its end.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns whether it names this field of the payload; the whole `event` does not count.
    #[inline]
    pub fn names_field(&self, field: &str) -> bool {
        self.takes.contains(&field)
    }

    /// Returns whether it takes this field of the payload, by name or with the whole `event`.
    pub fn uses_field(&self, field: &str) -> bool {
        self.takes.iter().any(|name| *name == field || *name == "event")
    }

    /// Returns the fields that the option `changed` names.
    pub fn changed_fields(&self) -> &'static [&'static str] {
        self.changed
    }

    /// Returns the fields that the option `when` names.
    pub fn when_fields(&self) -> &'static [&'static str] {
        self.when
    }

    /// Returns the names of the payload's fields that it takes.
    pub fn fields(&self) -> &'static [&'static str] {
        self.takes
    }

    /// Returns the key by which the receivers of a send are sorted. It does not depend on link order.
    pub(crate) fn order(&self) -> (i32, &str, &str, &str, u32) {
        let name = self.connected.as_deref().unwrap_or(self.name);
        (self.priority, self.module, name, self.file, self.line)
    }

    /// Returns this receiver as a step of a chain.
    pub(crate) fn step(&self, signal: &'static str, sender: &'static str) -> ReceiverCall {
        ReceiverCall::new(signal, sender, self.path(), self.file, self.line)
    }
}

type SyncFn<S, M> = dyn for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError> + Send + Sync;
type AsyncFn<S, M> =
    dyn for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> BoxFuture<'a, Result<Response<S>, BoxError>> + Send + Sync;

/// The payload of signal `S` from sender `M`.
pub type Event<'a, S, M> = <S as Signal>::Event<'a, M>;
/// The response of signal `S`.
pub type Response<S> = <S as Signal>::Response;

type SyncCall<S, M> = for<'a, 'b> fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError>;
type AsyncCall<S, M> = for<'a, 'b> fn(&'a mut Event<'b, S, M>) -> BoxFuture<'a, Result<Response<S>, BoxError>>;

/// How a receiver is called. A linked one is a plain function; a connected one may own captured values.
pub enum Call<S: Signal, M: ?Sized + Send + Sync + 'static> {
    /// A plain function.
    Sync(SyncCall<S, M>),
    /// A function that returns a future.
    Async(AsyncCall<S, M>),
    /// A closure.
    SyncClosure(Box<SyncFn<S, M>>),
    /// A closure that returns a future.
    AsyncClosure(Box<AsyncFn<S, M>>),
}

impl<S: Signal, M: ?Sized + Send + Sync + 'static> Call<S, M> {
    /// Returns whether it is called without a future.
    #[inline]
    pub(crate) const fn is_sync(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::SyncClosure(_))
    }

    /// Calls it if it is sync.
    #[inline]
    pub(crate) fn now(&self, event: &mut Event<'_, S, M>) -> Option<Result<Response<S>, BoxError>> {
        match self {
            Self::Sync(function) => Some(function(event)),
            Self::SyncClosure(function) => Some(function(event)),
            Self::Async(_) | Self::AsyncClosure(_) => None,
        }
    }
}

impl<S: Signal, M: ?Sized + Send + Sync + 'static> fmt::Debug for Call<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_sync() { "Sync" } else { "Async" })
    }
}

/// A registered receiver of signal `S` for sender `M`.
pub struct Receiver<S: Signal, M: ?Sized + Send + Sync + 'static> {
    pub(crate) info: ReceiverInfo,
    pub(crate) sender: Option<fn() -> &'static str>,
    pub(crate) call: Call<S, M>,
    pub(crate) when: Option<When<S, M>>,
    attachment: Attachment,
}

/// What the receiver gives to the code that sends its signal, by its own type.
type Attachment = Option<&'static (dyn Any + Send + Sync)>;

/// Whether a receiver is called for a payload.
type When<S, M> = for<'a, 'b> fn(&'a Event<'b, S, M>) -> bool;

impl<S: Signal, M: Send + Sync + 'static> Receiver<S, M> {
    /// Makes a receiver of one sender. `sender` returns the sender's name.
    #[doc(hidden)]
    pub const fn new(sender: fn() -> &'static str, mut info: ReceiverInfo, call: Call<S, M>) -> Self {
        info.is_async = !call.is_sync();
        Self { info, sender: Some(sender), call, when: None, attachment: None }
    }

    /// Calls the receiver only if this returns true.
    #[doc(hidden)]
    #[must_use]
    pub const fn when(mut self, holds: When<S, M>) -> Self {
        self.when = Some(holds);
        self
    }
}

impl<S: Signal<Any = M>, M: ?Sized + Send + Sync + 'static> Receiver<S, M> {
    /// Makes a receiver that names no sender.
    #[doc(hidden)]
    pub const fn any(mut info: ReceiverInfo, call: Call<S, M>) -> Self {
        info.is_async = !call.is_sync();
        Self { info, sender: None, call, when: None, attachment: None }
    }
}

impl<S: Signal, M: ?Sized + Send + Sync + 'static> fmt::Debug for Receiver<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("signal", &S::NAME).field("info", &self.info).finish_non_exhaustive()
    }
}

/// A receiver of any type. The registry keeps these until a signal and a sender look up their receivers.
pub trait AnyReceiver: Any + Send + Sync {
    /// Returns the facts about it.
    fn info(&self) -> &ReceiverInfo;
    /// Returns the signal's name.
    fn signal(&self) -> &'static str;
    /// Returns the signal's kind.
    #[doc(hidden)]
    fn kind(&self) -> SignalKind;
    /// Returns the sender's name, or `None` if it receives the signal of every sender.
    fn sender(&self) -> Option<&'static str>;
    /// Returns the types of the signal and of the sender.
    fn key(&self) -> (TypeId, TypeId);
    /// Returns whether a condition on the payload decides if it is called.
    fn is_conditional(&self) -> bool;
    /// Returns what it gives to the code that sends its signal.
    #[doc(hidden)]
    fn attachment(&self) -> Option<&'static (dyn Any + Send + Sync)>;
}

impl<S: Signal, M: ?Sized + Send + Sync + 'static> AnyReceiver for Receiver<S, M> {
    fn info(&self) -> &ReceiverInfo {
        &self.info
    }

    fn signal(&self) -> &'static str {
        S::NAME
    }

    fn kind(&self) -> SignalKind {
        S::KIND
    }

    fn sender(&self) -> Option<&'static str> {
        self.sender.map(|name| name())
    }

    fn key(&self) -> (TypeId, TypeId) {
        (TypeId::of::<S>(), TypeId::of::<M>())
    }

    fn is_conditional(&self) -> bool {
        self.when.is_some()
    }

    fn attachment(&self) -> Option<&'static (dyn Any + Send + Sync)> {
        self.attachment
    }
}

/// The outcome of one receiver of a robust send.
///
/// [`CustomSignal::send_robust`](crate::dispatch::CustomSignal::send_robust) returns one for each receiver.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<R> {
    /// The receiver.
    pub receiver: ReceiverCall,
    /// Its response, or its error.
    pub result: crate::error::Result<R>,
}

impl<R> Outcome<R> {
    pub(crate) fn new(receiver: ReceiverCall, result: crate::error::Result<R>) -> Self {
        Self { receiver, result }
    }
}

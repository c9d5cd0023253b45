//! Through models without their type: the receivers of their links, and the keys of new links.

use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use crate::backend::Args;
use crate::context;
use crate::db::RecordedSignal;
use crate::dispatch::send;
use crate::error::Result;
use crate::model::{AnyModel, ModelKey as _, ModelMeta};
use crate::registry::Snapshot;
use crate::signal::Signal as _;
use crate::store::bound_key::bind_compared;
use crate::store::erased::Erased;
use crate::store::key_errors::key_missing;
use crate::store::payload::{KeySet, M2mAction, M2mChanged};
use crate::store::signals::m2m_changed;
use crate::store::write_scope::{WriteScope, needed_after, needed_before};
use crate::store::{Model, ModelState};

/// The operations of the store on a through model whose type is erased.
pub(super) trait Through: Erased {
    /// Returns the current receivers of `m2m_changed`.
    fn receivers(&self, scope: &WriteScope<'_>) -> Box<dyn Receivers>;
    /// Returns whether a new link needs no key beside its columns: the database generates it, or it consists of
    /// columns such as the two references.
    fn needs_no_key(&self) -> bool;
    /// Generates a key, and binds it.
    fn bind_new_key(&self, args: &mut Args) -> Result<()>;
}

impl<T: Model> Through for ModelState<T> {
    fn receivers(&self, scope: &WriteScope<'_>) -> Box<dyn Receivers> {
        Box::new(LinkReceivers::<T> { receivers: scope.receivers::<m2m_changed, T>(), through: PhantomData })
    }

    fn needs_no_key(&self) -> bool {
        T::Key::GENERATED || T::meta().single_key().is_none()
    }

    fn bind_new_key(&self, args: &mut Args) -> Result<()> {
        let fix =
            "keys of links are made by the database or at random, so give the through model a key such as `id: i64`";
        let key = T::Key::generate().ok_or_else(|| key_missing(T::meta().name(), "insert", fix))?;
        bind_compared::<T>(key.borrowed(), args)
    }
}

/// One change, from which the payload is built.
pub(super) struct LinkEvent<'a> {
    pub(super) action: M2mAction,
    pub(super) reverse: bool,
    pub(super) instance: &'a dyn AnyModel,
    pub(super) model: &'static ModelMeta,
    pub(super) keys: Option<&'a mut KeySet>,
    pub(super) raw: bool,
}

/// The receivers of one send.
pub(super) trait Receivers: Send + Sync {
    /// Returns whether a receiver is called for writes of this kind.
    fn are_called(&self, raw: bool) -> bool;
    /// Returns whether the receivers need a transaction if they run before the write.
    fn needed_before(&self, raw: bool) -> bool;
    /// Returns whether the receivers need a transaction if they run after the write.
    fn needed_after(&self, raw: bool) -> bool;
    /// Calls the receivers.
    fn notify<'s>(&'s self, event: LinkEvent<'s>, scope: &'s WriteScope<'_>) -> BoxFuture<'s, Result<()>>;
}

/// The receivers of the changes of one relation.
struct LinkReceivers<T> {
    receivers: Snapshot,
    through: PhantomData<fn() -> T>,
}

impl<T: Model> Receivers for LinkReceivers<T> {
    fn are_called(&self, raw: bool) -> bool {
        self.receivers.iter().any(|entry| entry.receives(raw))
    }

    fn needed_before(&self, raw: bool) -> bool {
        needed_before(&self.receivers, raw)
    }

    fn needed_after(&self, raw: bool) -> bool {
        needed_after(&self.receivers, raw)
    }

    fn notify<'s>(&'s self, event: LinkEvent<'s>, scope: &'s WriteScope<'_>) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            let (using, tx, sender, signal) = (scope.using(), scope.tx(), T::meta(), m2m_changed::NAME);
            scope.handle().record_sent(|| recorded::<T>(&event));
            let LinkEvent { action, reverse, instance, model, keys, raw } = event;
            let (through, context) = (PhantomData, &context::current());
            let mut event =
                M2mChanged { action, reverse, instance, model, keys, raw, using, tx, context, sender, signal, through };
            send::<m2m_changed, T>(&self.receivers, &mut event, scope.sending(raw), scope.savepoint()).await.map(drop)
        })
    }
}

fn recorded<T: Model>(event: &LinkEvent<'_>) -> RecordedSignal {
    let sent = RecordedSignal::new(m2m_changed::NAME, T::meta().name())
        .key(event.instance.pk())
        .with(format_args!("{:?}", event.action));
    let sent = if event.reverse { sent.with("reverse") } else { sent };
    let sent = event.keys.as_deref().into_iter().fold(sent, |sent, keys| sent.with(format_args!("[{keys}]")));
    if event.raw { sent.with("raw") } else { sent }
}

//! A relation as it is followed from one instance.

use super::link::Link;
use super::through::{LinkEvent, Receivers, Through};
use crate::backend::Backend;
use crate::error::Result;
use crate::model::{AnyModel, ModelMeta};
use crate::query::Value;
use crate::sql::Links;
use crate::store::key_errors::key_missing;
use crate::store::payload::{KeySet, M2mAction};
use crate::store::write_scope::WriteScope;

/// An instance and the relation that is followed from it, without their types.
pub(super) struct Side<'a> {
    pub(super) instance: &'a dyn AnyModel,
    /// The instance's key.
    pub(super) owner: Value,
    pub(super) through: &'static dyn Through,
    /// The model on the other side.
    pub(super) model: &'static ModelMeta,
    link: Link,
    /// The places of the through model's columns: with the keys of this side, and with those of the other.
    pub(super) own: usize,
    pub(super) other: usize,
}

impl<'a> Side<'a> {
    pub(super) fn new(
        instance: &'a dyn AnyModel,
        owner: Option<Value>,
        link: Link,
        through: &'static dyn Through,
        model: &'static ModelMeta,
    ) -> Result<Self> {
        let own = instance.meta();
        let owner = owner.ok_or_else(|| key_missing(own.name(), "follow a relation of", "save it first"))?;
        let (own, other) = link.places(through.meta(), own, model)?;
        Ok(Self { instance, owner, through, model, link, own, other })
    }

    /// Whether the links are from the other rows to this one.
    pub(super) fn is_reverse(&self) -> bool {
        self.link.is_reverse()
    }

    /// The statements of its links.
    pub(super) fn links(&self, backend: Backend) -> Links {
        let (through, symmetrical) = (self.through.meta(), self.link.is_symmetrical());
        Links { through, backend, own: self.own, other: self.other, symmetrical }
    }

    /// The receivers of a change, unless nobody is told.
    pub(super) fn receivers(&self, options: LinkOptions, scope: &WriteScope<'_>) -> Option<Box<dyn Receivers>> {
        let receivers = (!options.quiet).then(|| self.through.receivers(scope))?;
        (receivers.hear(options.raw) || scope.is_recorded()).then_some(receivers)
    }

    /// Tells them.
    pub(super) async fn notify(
        &self,
        receivers: Option<&dyn Receivers>,
        action: M2mAction,
        keys: Option<&mut KeySet>,
        options: LinkOptions,
        scope: &WriteScope<'_>,
    ) -> Result<()> {
        let Some(receivers) = receivers else { return Ok(()) };
        let Self { instance, model, .. } = *self;
        let event = LinkEvent { action, reverse: self.is_reverse(), instance, model, keys, raw: options.raw };
        receivers.notify(event, scope).await
    }
}

/// How a change is made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LinkOptions {
    /// As fixtures are written: only receivers that ask for it are told.
    pub(super) raw: bool,
    /// Nobody is told.
    pub(super) quiet: bool,
}

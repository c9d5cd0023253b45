//! A relation of one instance.

use super::relation_path::RelationPath;
use super::through::{LinkEvent, Receivers, Through};
use crate::backend::{Args, Backend};
use crate::error::Result;
use crate::model::{AnyModel, ModelMeta};
use crate::query::BoundValue;
use crate::sql::Links;
use crate::store::key_errors::key_missing;
use crate::store::payload::{KeySet, M2mAction};
use crate::store::write_scope::WriteScope;

/// An instance and one of its relations, without their types.
pub(super) struct Side<'a> {
    pub(super) instance: &'a dyn AnyModel,
    /// The values of the instance's key.
    pub(super) owner: Vec<BoundValue>,
    pub(super) through: &'static dyn Through,
    /// The model on the other side.
    pub(super) model: &'static ModelMeta,
    path: RelationPath,
    /// The indexes of the through model's columns with the keys of this side, and with those of the other.
    pub(super) own: &'static [usize],
    pub(super) other: &'static [usize],
}

impl<'a> Side<'a> {
    pub(super) fn new(
        instance: &'a dyn AnyModel,
        owner: Option<Vec<BoundValue>>,
        path: RelationPath,
        through: &'static dyn Through,
        model: &'static ModelMeta,
    ) -> Result<Self> {
        let own = instance.meta();
        let owner = owner.ok_or_else(|| key_missing(own.name(), "follow a relation of", "save it first"))?;
        let (own, other) = path.places(through.meta(), own, model)?;
        Ok(Self { instance, owner, through, model, path, own, other })
    }

    /// Binds the instance's key.
    pub(super) fn bind_owner(&self, args: &mut Args) -> Result<()> {
        self.owner.iter().try_for_each(|value| value.bind_compared(args))
    }

    /// Returns whether the links are from the other rows to this one.
    pub(super) fn is_reverse(&self) -> bool {
        self.path.is_reverse()
    }

    /// Returns the statements of its links.
    pub(super) fn links(&self, backend: Backend) -> Links {
        let (through, symmetrical) = (self.through.meta(), self.path.is_symmetrical());
        Links { through, backend, own: self.own, other: self.other, symmetrical }
    }

    /// Returns the receivers of a change, if any are called.
    pub(super) fn receivers(&self, options: LinkOptions, scope: &WriteScope<'_>) -> Option<Box<dyn Receivers>> {
        let receivers = (!options.quiet).then(|| self.through.receivers(scope))?;
        (receivers.are_called(options.raw) || scope.is_recorded()).then_some(receivers)
    }

    /// Calls the receivers of a change.
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

/// The options of a change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LinkOptions {
    /// Whether it is written raw, as fixtures are: only receivers marked `raw` are called.
    pub(super) raw: bool,
    /// Whether no signals are sent.
    pub(super) quiet: bool,
}

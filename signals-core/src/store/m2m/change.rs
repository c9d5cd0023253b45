//! Changes of a relation. Each sends a signal before and after its write, in one transaction.

use super::fill::LinkDefaults;
use super::side::{LinkOptions, Side};
use super::through::Receivers;
use crate::db::Handle;
use crate::error::Result;
use crate::store::key_errors::key_missing;
use crate::store::keys::AnyKeys;
use crate::store::payload::{KeySet, M2mAction};
use crate::store::write_scope::WriteScope;

/// The requested change.
pub(super) enum LinkChange {
    Add(Box<dyn AnyKeys>, LinkDefaults),
    Remove(Box<dyn AnyKeys>),
    Set(Box<dyn AnyKeys>, LinkDefaults, Replace),
    Clear,
}

/// How the links of an instance are replaced by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    /// Only the links that differ are written.
    Differing,
    /// All links are removed, then all are added.
    All,
}

/// Makes a change.
pub(super) async fn make(side: Side<'_>, asked: LinkChange, options: LinkOptions, on: Handle<'_>) -> Result<()> {
    let mut scope = WriteScope::new(on);
    let outcome = match asked {
        LinkChange::Add(keys, fill) => side.add_asked(keys, &fill, options, &mut scope).await,
        LinkChange::Remove(keys) => side.remove_asked(keys, options, &mut scope).await,
        LinkChange::Set(keys, fill, Replace::Differing) => side.set(keys, &fill, options, &mut scope).await,
        LinkChange::Set(keys, fill, Replace::All) => side.replace(keys, &fill, options, &mut scope).await,
        LinkChange::Clear => side.clear(options, &mut scope).await,
    };
    scope.end(outcome).await
}

impl Side<'_> {
    async fn add_asked(
        &self,
        keys: Box<dyn AnyKeys>,
        fill: &LinkDefaults,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(scope.handle().db().backend()))?;
        if keys.len() == 0 {
            return Ok(());
        }
        self.lock_sources(&*keys, scope).await?;
        self.add(keys, fill, options, scope).await
    }

    async fn remove_asked(
        &self,
        keys: Box<dyn AnyKeys>,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let keys = self.prepare(keys)?;
        if keys.len() == 0 { Ok(()) } else { self.remove(keys, options, scope).await }
    }

    /// Sends `pre_add`, inserts the links, and sends `post_add`.
    ///
    /// Receivers of `pre_add` get the keys whose links do not exist yet, and the keys that they leave are
    /// inserted. Others, and the receivers, may add the same links meanwhile, so `post_add` has only the keys
    /// of the inserted links.
    async fn add(
        &self,
        keys: Box<dyn AnyKeys>,
        fill: &LinkDefaults,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let Some(receivers) = self.receivers(options, scope) else {
            return self.insert(&*keys, fill, None, scope).await;
        };
        scope.open_if(receivers.needed_before(options.raw)).await?;
        let mut missing = self.missing(keys, scope).await?;
        let mut keys = KeySet::new(missing.duplicate());
        self.notify(Some(&*receivers), M2mAction::PreAdd, Some(&mut keys), options, scope).await?;
        self.prepare_received(&mut keys)?;
        let put_in = missing.absorb(keys.inner().duplicate());
        self.lock_sources(&*put_in, scope).await?;
        let receivers = self.receivers_after(options, scope).await?;
        let mut made = KeySet::new(keys.inner().empty());
        self.insert(keys.inner(), fill, Some(made.inner_mut()), scope).await?;
        self.notify(receivers.as_deref(), M2mAction::PostAdd, Some(&mut made), options, scope).await
    }

    /// Sends `pre_remove`, deletes the links, and sends `post_remove`.
    async fn remove(&self, keys: Box<dyn AnyKeys>, options: LinkOptions, scope: &mut WriteScope<'_>) -> Result<()> {
        let Some(receivers) = self.receivers(options, scope) else {
            return self.delete(Some(&*keys), options, scope).await;
        };
        scope.open_if(receivers.needed_before(options.raw)).await?;
        let mut keys = KeySet::new(keys);
        self.notify(Some(&*receivers), M2mAction::PreRemove, Some(&mut keys), options, scope).await?;
        self.prepare_received(&mut keys)?;
        let receivers = self.receivers_after(options, scope).await?;
        self.delete(Some(keys.inner()), options, scope).await?;
        self.notify(receivers.as_deref(), M2mAction::PostRemove, Some(&mut keys), options, scope).await
    }

    /// Sends `pre_clear`, deletes the links, and sends `post_clear`.
    async fn clear(&self, options: LinkOptions, scope: &mut WriteScope<'_>) -> Result<()> {
        let receivers = self.receivers(options, scope);
        scope.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_before(options.raw))).await?;
        self.notify(receivers.as_deref(), M2mAction::PreClear, None, options, scope).await?;
        let receivers = self.receivers_after(options, scope).await?;
        self.delete(None, options, scope).await?;
        self.notify(receivers.as_deref(), M2mAction::PostClear, None, options, scope).await
    }

    /// Returns the receivers of the second signal of a change, and opens the transaction that they need.
    async fn receivers_after(
        &self,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<Option<Box<dyn Receivers>>> {
        let receivers = self.receivers(options, scope);
        scope.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_after(options.raw))).await?;
        Ok(receivers)
    }

    /// Removes the links that are not requested, then adds the missing ones.
    async fn set(
        &self,
        keys: Box<dyn AnyKeys>,
        fill: &LinkDefaults,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(scope.handle().db().backend()))?;
        scope.open_if(true).await?;
        self.lock_sources(&*keys, scope).await?;
        let mut linked = self.linked(keys.empty(), scope.handle()).await?;
        if !scope.is_outermost() {
            linked = self.still_linked(linked, scope.handle()).await?;
        }
        let left_over = keys.duplicate().absorb(linked.duplicate());
        let missing = linked.absorb(keys);
        if left_over.len() > 0 {
            self.remove(left_over, options, scope).await?;
        }
        if missing.len() > 0 { self.add(missing, fill, options, scope).await } else { Ok(()) }
    }

    /// Removes all links, then adds the requested ones.
    async fn replace(
        &self,
        keys: Box<dyn AnyKeys>,
        fill: &LinkDefaults,
        options: LinkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(scope.handle().db().backend()))?;
        scope.open_if(true).await?;
        self.lock_sources(&*keys, scope).await?;
        self.clear(options, scope).await?;
        if keys.len() == 0 { Ok(()) } else { self.add(keys, fill, options, scope).await }
    }

    /// Sorts the keys, removes duplicates, and fails if a key is unset.
    fn prepare(&self, mut keys: Box<dyn AnyKeys>) -> Result<Box<dyn AnyKeys>> {
        self.refuse_unset(&*keys, "save it first")?;
        keys.arrange();
        Ok(keys)
    }

    /// Runs [`prepare`](Self::prepare) on the keys that receivers left.
    fn prepare_received(&self, keys: &mut KeySet) -> Result<()> {
        self.refuse_unset(keys.inner(), "a receiver of m2m_changed added it")?;
        keys.inner_mut().arrange();
        Ok(())
    }

    pub(super) fn refuse_unset(&self, keys: &dyn AnyKeys, fix: &'static str) -> Result<()> {
        let unset = (0..keys.len()).any(|place| keys.key(place).is_none());
        if unset { Err(key_missing(self.model.name(), "relate", fix)) } else { Ok(()) }
    }
}

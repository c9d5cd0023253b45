//! The changes of a relation: each a pair of signals around its write, in one transaction.

use super::fill::Fill;
use super::side::{How, Side};
use super::{KeySet, M2mAction};
use crate::db::Handle;
use crate::error::Result;
use crate::store::keys::AnyKeys;
use crate::store::work::{Work, key_missing};

/// What is asked for.
pub(super) enum Asked {
    Add(Box<dyn AnyKeys>, Fill),
    Remove(Box<dyn AnyKeys>),
    Set(Box<dyn AnyKeys>, Fill, Replace),
    Clear,
}

/// How the links of an instance are replaced by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    /// Those that differ.
    Differing,
    /// All of them.
    All,
}

/// Makes a change.
pub(super) async fn make(side: Side<'_>, asked: Asked, how: How, on: Handle<'_>) -> Result<()> {
    let mut work = Work::new(on);
    let outcome = match asked {
        Asked::Add(keys, fill) => side.add_asked(keys, &fill, how, &mut work).await,
        Asked::Remove(keys) => side.remove_asked(keys, how, &mut work).await,
        Asked::Set(keys, fill, Replace::Differing) => side.set(keys, &fill, how, &mut work).await,
        Asked::Set(keys, fill, Replace::All) => side.replace(keys, &fill, how, &mut work).await,
        Asked::Clear => side.clear(how, &mut work).await,
    };
    work.end(outcome).await
}

impl Side<'_> {
    async fn add_asked(&self, keys: Box<dyn AnyKeys>, fill: &Fill, how: How, work: &mut Work<'_>) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(work.handle().db()?.backend()))?;
        if keys.len() == 0 {
            return Ok(());
        }
        self.lock_sources(&*keys, work).await?;
        self.add(keys, fill, how, work).await
    }

    async fn remove_asked(&self, keys: Box<dyn AnyKeys>, how: How, work: &mut Work<'_>) -> Result<()> {
        let keys = self.prepare(keys)?;
        if keys.len() == 0 { Ok(()) } else { self.remove(keys, how, work).await }
    }

    /// `pre_add`, the INSERT, `post_add`.
    ///
    /// Receivers are asked about the links that a look before it finds missing, and the INSERT is of what they leave of these. Others, and the receivers, may add
    /// the same links meanwhile, so `post_add` has those that the INSERT made.
    async fn add(&self, keys: Box<dyn AnyKeys>, fill: &Fill, how: How, work: &mut Work<'_>) -> Result<()> {
        let Some(receivers) = self.receivers(how, work) else { return self.insert(&*keys, fill, None, work).await };
        work.open_if(receivers.needed_before(how.raw)).await?;
        let mut missing = self.missing(keys, work.handle()).await?;
        let mut keys = KeySet::new(missing.duplicate());
        self.tell(Some(&*receivers), M2mAction::PreAdd, Some(&mut keys), how, work).await?;
        self.settle(&mut keys)?;
        let put_in = missing.absorb(keys.inner().duplicate());
        self.lock_sources(&*put_in, work).await?;
        let receivers = self.receivers(how, work);
        work.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_after(how.raw))).await?;
        let mut made = KeySet::new(keys.inner().empty());
        self.insert(keys.inner(), fill, Some(made.inner_mut()), work).await?;
        self.tell(receivers.as_deref(), M2mAction::PostAdd, Some(&mut made), how, work).await
    }

    /// `pre_remove`, the DELETE, `post_remove`.
    async fn remove(&self, keys: Box<dyn AnyKeys>, how: How, work: &mut Work<'_>) -> Result<()> {
        let Some(receivers) = self.receivers(how, work) else { return self.delete(Some(&*keys), how, work).await };
        work.open_if(receivers.needed_before(how.raw)).await?;
        let mut keys = KeySet::new(keys);
        self.tell(Some(&*receivers), M2mAction::PreRemove, Some(&mut keys), how, work).await?;
        self.settle(&mut keys)?;
        let receivers = self.receivers(how, work);
        work.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_after(how.raw))).await?;
        self.delete(Some(keys.inner()), how, work).await?;
        self.tell(receivers.as_deref(), M2mAction::PostRemove, Some(&mut keys), how, work).await
    }

    /// `pre_clear`, the DELETE, `post_clear`.
    async fn clear(&self, how: How, work: &mut Work<'_>) -> Result<()> {
        let receivers = self.receivers(how, work);
        work.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_before(how.raw))).await?;
        self.tell(receivers.as_deref(), M2mAction::PreClear, None, how, work).await?;
        let receivers = self.receivers(how, work);
        work.open_if(receivers.as_ref().is_some_and(|receivers| receivers.needed_after(how.raw))).await?;
        self.delete(None, how, work).await?;
        self.tell(receivers.as_deref(), M2mAction::PostClear, None, how, work).await
    }

    /// Removes what is not asked for, then adds what is missing.
    async fn set(&self, keys: Box<dyn AnyKeys>, fill: &Fill, how: How, work: &mut Work<'_>) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(work.handle().db()?.backend()))?;
        work.open_if(true).await?;
        self.lock_sources(&*keys, work).await?;
        let mut linked = self.linked(keys.empty(), work.handle()).await?;
        let left_over = keys.duplicate().absorb(linked.duplicate());
        let missing = linked.absorb(keys);
        if left_over.len() > 0 {
            self.remove(left_over, how, work).await?;
        }
        if missing.len() > 0 { self.add(missing, fill, how, work).await } else { Ok(()) }
    }

    /// Removes everything, then adds what is asked for.
    async fn replace(&self, keys: Box<dyn AnyKeys>, fill: &Fill, how: How, work: &mut Work<'_>) -> Result<()> {
        let keys = self.prepare(keys)?;
        fill.check(self.links(work.handle().db()?.backend()))?;
        work.open_if(true).await?;
        self.lock_sources(&*keys, work).await?;
        self.clear(how, work).await?;
        if keys.len() == 0 { Ok(()) } else { self.add(keys, fill, how, work).await }
    }

    /// Sorts the keys, each once, and refuses those that are unset.
    fn prepare(&self, mut keys: Box<dyn AnyKeys>) -> Result<Box<dyn AnyKeys>> {
        self.refuse_unset(&*keys, "save it first")?;
        keys.arrange();
        Ok(keys)
    }

    /// The same for what receivers made of them.
    fn settle(&self, keys: &mut KeySet) -> Result<()> {
        self.refuse_unset(keys.inner(), "a receiver of m2m_changed put it in")?;
        keys.inner_mut().arrange();
        Ok(())
    }

    pub(super) fn refuse_unset(&self, keys: &dyn AnyKeys, fix: &'static str) -> Result<()> {
        let unset = (0..keys.len()).any(|place| keys.key(place).is_none());
        if unset { Err(key_missing(self.model.name(), "relate", fix)) } else { Ok(()) }
    }
}

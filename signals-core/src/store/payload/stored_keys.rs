//! Composite keys that a run of a durable receiver stored. The types of their parts are not known.

use std::any::Any;
use std::ops::Range;

use crate::backend::{Args, Row};
use crate::error::{Error, Result};
use crate::model::{Key, ModelMeta};
use crate::query::BoundValue;
use crate::store::keys::AnyKeys;

/// Keys by their values alone. No statement binds or reads them.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredKeys(pub(super) Vec<Key<'static>>);

/// Returns the key as one of a row has it: owned text is text.
fn borrowed<'a>(key: &'a Key<'static>) -> Key<'a> {
    match key {
        Key::Other(text) => Key::Text(text),
        Key::Composite(parts) => Key::Composite(parts.iter().map(borrowed).collect()),
        key => key.clone(),
    }
}

impl AnyKeys for StoredKeys {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn key(&self, place: usize) -> Option<Key<'_>> {
        self.0.get(place).map(borrowed)
    }

    fn bind(&self, _: Range<usize>, _: &mut Args) -> Result<()> {
        Err(Error::Internal("keys that a run stored are not bound".into()))
    }

    fn values(&self, _: usize) -> Vec<BoundValue> {
        Vec::new()
    }

    fn read(&mut self, _: &Row<'_>, _: &ModelMeta, _: &[usize]) -> Result<(), sqlx::Error> {
        Err(sqlx::Error::ColumnNotFound("a key that a run stored".into()))
    }

    fn add_from(&mut self, others: &dyn AnyKeys, place: usize) {
        self.0.extend(others.key(place).map(Key::detached));
    }

    fn arrange(&mut self) {
        self.0.sort();
        self.0.dedup();
    }

    fn absorb(&mut self, others: Box<dyn AnyKeys>) -> Box<dyn AnyKeys> {
        let others = (0..others.len()).filter_map(|place| others.key(place).map(Key::detached));
        let fresh: Vec<_> = others.filter(|key| !self.0.contains(key)).collect();
        self.0.extend_from_slice(&fresh);
        self.arrange();
        Box::new(Self(fresh))
    }

    fn retain(&mut self, keep: &mut dyn FnMut(&Key<'_>) -> bool) {
        self.0.retain(|key| keep(&borrowed(key)));
    }

    fn empty(&self) -> Box<dyn AnyKeys> {
        Box::new(Self::default())
    }

    fn duplicate(&self) -> Box<dyn AnyKeys> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

//! What keeps a level of a transaction open, and what only uses it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::level::Level;

/// What a handle has of its level.
#[derive(Clone)]
pub(super) enum LevelRef {
    /// A part in keeping it open.
    Strong(Strong),
    /// The use of it, for as long as others keep it open.
    ///
    /// A callback may own one without a circle: when the owners are gone the level ends, and its callbacks with it.
    Weak(Arc<Level>),
}

impl LevelRef {
    /// The first part in keeping a level open.
    pub(super) fn first(level: Level) -> Self {
        Self::Strong(Strong(Arc::new(level)))
    }

    pub(super) fn level(&self) -> &Arc<Level> {
        match self {
            Self::Strong(Strong(level)) | Self::Weak(level) => level,
        }
    }

    /// The use of the same level.
    pub(super) fn weak(&self) -> Self {
        Self::Weak(Arc::clone(self.level()))
    }
}

/// A part in keeping a level open; it ends with the last of them.
pub(super) struct Strong(Arc<Level>);

impl Clone for Strong {
    fn clone(&self) -> Self {
        self.0.owners.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Strong {
    fn drop(&mut self) {
        if self.0.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.give_up();
        }
    }
}

//! Why a row is deleted.

use crate::model::{AnyModel, ModelMeta};

/// What was asked to be deleted, when a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeleteOrigin<'a> {
    /// The instance itself.
    Direct,
    /// Another row, which this one references, directly or through others.
    Cascade {
        /// What the delete began with.
        root: Root<'a>,
    },
    /// A set of rows that this one is of.
    Set,
}

/// What a delete began with.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Root<'a> {
    /// One instance.
    Instance(&'a dyn AnyModel),
    /// A set of rows of this model.
    Set(&'static ModelMeta),
}

impl Root<'_> {
    /// The model of the instance or of the set.
    pub fn meta(&self) -> &'static ModelMeta {
        match self {
            Self::Instance(instance) => instance.meta(),
            Self::Set(meta) => meta,
        }
    }
}

impl PartialEq for Root<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instance(one), Self::Instance(other)) => one.meta() == other.meta() && one.pk() == other.pk(),
            (Self::Set(one), Self::Set(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Root<'_> {}

impl std::fmt::Debug for Root<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instance(instance) => match instance.pk() {
                Some(key) => write!(f, "Instance({} {key})", instance.meta().name()),
                None => write!(f, "Instance({})", instance.meta().name()),
            },
            Self::Set(meta) => write!(f, "Set({})", meta.name()),
        }
    }
}

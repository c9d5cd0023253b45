//! The reason for which a row is deleted.

use crate::model::{AnyModel, ModelMeta};

/// What was asked to be deleted, when a row is.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{AnyModel, DeleteOrigin, Model, post_delete, receiver};
///
/// #[derive(Model)]
/// struct Album { id: i64 }
///
/// #[derive(Model)]
/// struct Track {
///     id: i64,
///     #[model(references = Album, on_delete = cascade)]
///     album_id: i64,
/// }
///
/// #[receiver(post_delete, sender = Track)]
/// fn log(instance: &Track, origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
///     match origin {
///         DeleteOrigin::Direct => println!("track {} was deleted", instance.id),
///         DeleteOrigin::Cascade { root: model } => {
///             // `root` is `None` if a set of albums was deleted.
///             println!("track {} went with the {} {:?}", instance.id, model.name(), root.and_then(|root| root.pk()));
///         }
///         _ => println!("track {} was one of a set", instance.id),
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeleteOrigin {
    /// The instance itself.
    Direct,
    /// Another row, which this one references, directly or through others.
    Cascade {
        /// The model that the delete began with; the payload's `root` is the very instance, where it was one.
        root: &'static ModelMeta,
    },
    /// A set of rows that this one is of.
    Set,
}

/// The start of a delete.
#[derive(Clone, Copy)]
pub(in crate::store) enum Root<'a> {
    /// One instance.
    Instance(&'a dyn AnyModel),
    /// A set of rows of this model.
    Set(&'static ModelMeta),
}

impl Root<'_> {
    /// Returns the model of the instance or of the set.
    pub(in crate::store) fn meta(&self) -> &'static ModelMeta {
        match self {
            Self::Instance(instance) => instance.meta(),
            Self::Set(meta) => meta,
        }
    }
}

/// The reason for which a row is deleted, for its payloads.
#[derive(Clone, Copy)]
pub(in crate::store) struct Reason<'a> {
    pub(in crate::store) origin: DeleteOrigin,
    pub(in crate::store) root: Option<&'a dyn AnyModel>,
}

impl<'a> Reason<'a> {
    /// The row is in the set that is deleted.
    pub(in crate::store) const SET: Self = Self { origin: DeleteOrigin::Set, root: None };

    /// Returns the reason of the instance on which `delete` was called.
    pub(in crate::store) fn direct(instance: &'a dyn AnyModel) -> Self {
        Self { origin: DeleteOrigin::Direct, root: Some(instance) }
    }

    /// Returns the reason of a row that references the deleted ones.
    pub(in crate::store) fn cascade(root: Root<'a>) -> Self {
        let instance = if let Root::Instance(instance) = root { Some(instance) } else { None };
        Self { origin: DeleteOrigin::Cascade { root: root.meta() }, root: instance }
    }
}

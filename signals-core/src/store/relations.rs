//! The references to a model, which deletes of its rows must handle.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::calls::Audience;
use super::erased::{AnyStore, Erased};
use super::keys::AnyKeys;
use super::write_scope::WriteScope;
use crate::model::{ModelMeta, OnDelete, Reference};
use crate::registry::models;

/// A reference to the rows of some model: of one column, or of several to a composite key.
#[derive(Clone, Copy)]
pub(super) struct Incoming {
    /// The model of the columns.
    pub(super) store: &'static dyn Erased,
    /// The indexes of the columns, in the order of the key.
    pub(super) columns: &'static [usize],
    pub(super) on_delete: OnDelete,
    reference: Reference,
}

impl Incoming {
    pub(super) fn meta(&self) -> &'static ModelMeta {
        self.store.meta()
    }

    /// Returns the referenced model.
    pub(super) fn target(&self) -> &'static ModelMeta {
        self.reference.target()
    }

    /// Returns the name of its field, or the names of its fields.
    pub(super) fn fields(&self) -> &'static str {
        self.meta().fields_of(self.columns, self.reference)
    }

    /// Returns the indexes of the referenced columns.
    pub(super) fn target_columns(&self) -> &'static [usize] {
        self.reference.target_columns()
    }

    /// Returns an empty list for the values of the referenced column, if that is not the key.
    pub(super) fn values(&self) -> Option<Box<dyn AnyKeys>> {
        let values = (self.reference.column()?.values)();
        values.downcast::<Box<dyn AnyKeys>>().ok().map(|values| *values)
    }

    fn new(store: &'static dyn Erased, (columns, reference): (&'static [usize], Reference)) -> Self {
        Self { store, columns, on_delete: reference.on_delete, reference }
    }
}

/// Returns the references to a model that a delete of its rows must handle, by table and column. Those with
/// `on_delete = do_nothing` or `database` are left out.
pub(super) fn incoming(meta: &ModelMeta) -> &'static [Incoming] {
    static INCOMING: OnceLock<HashMap<&'static ModelMeta, Vec<Incoming>>> = OnceLock::new();
    let all = INCOMING.get_or_init(|| {
        let mut all = HashMap::<_, Vec<_>>::new();
        for meta in models::all() {
            let Some(store) = AnyStore::find(meta) else { continue };
            for by in meta.references().map(|reference| Incoming::new(store, reference)) {
                if !matches!(by.on_delete, OnDelete::DoNothing | OnDelete::Database) {
                    all.entry(by.target()).or_default().push(by);
                }
            }
        }
        all
    });
    all.get(meta).map_or(&[], Vec::as_slice)
}

/// Returns every reference to a model, including those with `on_delete = do_nothing` or `database`.
pub(super) fn all_incoming(target: &'static ModelMeta) -> impl Iterator<Item = Incoming> {
    models::all().into_iter().filter_map(AnyStore::find).flat_map(move |store| {
        let references = store.meta().references().filter(move |(_, reference)| reference.target() == target);
        references.map(move |reference| Incoming::new(store, reference))
    })
}

impl Audience {
    /// Returns whether receivers are called for the rows of this model.
    pub(super) fn has_receivers(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        self == Self::Receivers && store.has_delete_receivers(scope)
    }

    /// Returns whether receivers are called for rows that a delete of rows of this model may reach.
    pub(super) fn has_receivers_below(self, meta: &'static ModelMeta, scope: &WriteScope<'_>) -> bool {
        let mut seen = vec![meta];
        let mut open = vec![meta];
        while let Some(meta) = open.pop() {
            for by in incoming(meta).iter().filter(|by| by.on_delete == OnDelete::Cascade) {
                if self.has_receivers(by.store, scope) {
                    return true;
                }
                if !seen.contains(&by.meta()) {
                    seen.push(by.meta());
                    open.push(by.meta());
                }
            }
        }
        false
    }

    /// Returns whether deleting these rows takes only their DELETE.
    pub(super) fn misses_all(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        incoming(store.meta()).is_empty() && !self.has_receivers(store, scope) && !order_counts(store.meta(), scope)
    }

    /// Returns whether rows of this model may be deleted without being read, whatever leads to them: no
    /// receiver is called, and no other row is reached.
    ///
    /// A row with a `restrict` reference must be read, since it decides whether the delete is allowed.
    pub(super) fn may_miss(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        let restricts = |(_, reference): (&[usize], Reference)| reference.on_delete == OnDelete::Restrict;
        !store.meta().references().any(restricts) && self.misses_all(store, scope)
    }
}

/// Returns whether rows of a model must be deleted in an order: they reference each other, and the database
/// checks that row by row.
fn order_counts(meta: &ModelMeta, scope: &WriteScope<'_>) -> bool {
    !scope.references_can_wait() && meta.references().any(|(_, reference)| reference.target() == meta)
}

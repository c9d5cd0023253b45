//! Which models reference a model, and so have a say in the deletes of its rows.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::calls::Audience;
use super::erased::{AnyStore, Erased};
use super::write_scope::WriteScope;
use crate::model::{ColumnMeta, ModelMeta, OnDelete, Reference};
use crate::registry::models;

/// A column that references the rows of some model.
#[derive(Clone, Copy)]
pub(super) struct Incoming {
    /// The model of the column.
    pub(super) store: &'static dyn Erased,
    /// The column's place.
    pub(super) column: usize,
    pub(super) on_delete: OnDelete,
}

impl Incoming {
    pub(super) fn meta(&self) -> &'static ModelMeta {
        self.store.meta()
    }

    pub(super) fn column(&self) -> &'static ColumnMeta {
        &self.meta().columns()[self.column]
    }
}

/// The references to a model that a delete of its rows has to look after, by table and column. Those that are the database's business are not among them.
pub(super) fn incoming(meta: &ModelMeta) -> &'static [Incoming] {
    static INCOMING: OnceLock<HashMap<&'static ModelMeta, Vec<Incoming>>> = OnceLock::new();
    let all = INCOMING.get_or_init(|| {
        let mut all = HashMap::<_, Vec<_>>::new();
        for meta in models::all() {
            let Some(store) = AnyStore::find(meta) else { continue };
            for (column, reference) in meta.references() {
                let on_delete = reference.on_delete;
                if !matches!(on_delete, OnDelete::DoNothing | OnDelete::Database) {
                    all.entry(reference.target()).or_default().push(Incoming { store, column, on_delete });
                }
            }
        }
        all
    });
    all.get(meta).map_or(&[], Vec::as_slice)
}

/// Every reference to a model, those that are the database's business too.
pub(super) fn all_incoming(target: &'static ModelMeta) -> impl Iterator<Item = Incoming> {
    models::all().into_iter().filter_map(AnyStore::find).flat_map(move |store| {
        let references = store.meta().references().filter(move |(_, reference)| reference.target() == target);
        references.map(move |(column, reference)| Incoming { store, column, on_delete: reference.on_delete })
    })
}

impl Audience {
    /// Whether receivers are called for the rows of this model.
    pub(super) fn has_receivers(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        self == Self::Receivers && store.has_delete_receivers(scope)
    }

    /// Whether receivers are called for rows that a delete of rows of this model may reach.
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

    /// Whether a delete of these very rows is their DELETE and nothing else.
    pub(super) fn misses_all(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        incoming(store.meta()).is_empty() && !self.has_receivers(store, scope) && !order_counts(store.meta(), scope)
    }

    /// Whether rows of this model may be deleted unseen, by whatever leads to them: no receiver is called, and nothing
    /// follows from it.
    ///
    /// A row that another restricts has to be seen, since it decides whether the delete is allowed.
    pub(super) fn may_miss(self, store: &dyn Erased, scope: &WriteScope<'_>) -> bool {
        let restricts = |(_, reference): (usize, Reference)| reference.on_delete == OnDelete::Restrict;
        !store.meta().references().any(restricts) && self.misses_all(store, scope)
    }
}

/// Whether the rows of a model cannot go in any order: they reference each other, and the database checks that row by row.
fn order_counts(meta: &ModelMeta, scope: &WriteScope<'_>) -> bool {
    !scope.references_can_wait() && meta.references().any(|(_, reference)| reference.target() == meta)
}

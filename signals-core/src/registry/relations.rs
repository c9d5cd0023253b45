//! The many-to-many relations that the linker registered, and the check of receivers of `m2m_changed`.

use std::any::TypeId;

use super::{linked, models};
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::signal::AnyReceiver;

/// A many-to-many relation, as generated code submits it.
///
/// It names types without bounds. A type that is not a model is refused where the relation is declared.
#[doc(hidden)]
#[derive(Debug)]
pub struct RelationEntry {
    through: TypeId,
    models: [TypeId; 2],
}

impl RelationEntry {
    /// Returns a relation between `O` and `M`, whose links are rows of `T`.
    pub const fn new<O: 'static, T: 'static, M: 'static>() -> Self {
        Self { through: TypeId::of::<T>(), models: [TypeId::of::<O>(), TypeId::of::<M>()] }
    }
}

inventory::collect!(RelationEntry);

/// Returns whether the primary key of a model is the pair of columns of a relation. Its table may lack a key, and
/// several rows are then one link.
pub(crate) fn is_keyed_by_pair(meta: &ModelMeta) -> bool {
    let key = meta.primary_key_columns();
    let ends = || meta.references().filter(|(columns, _)| columns.iter().all(|column| key.contains(column)));
    let is_pair = |models: [TypeId; 2]| {
        ends().enumerate().any(|(place, (columns, one))| {
            let holds_rest = |others: &[usize]| key.iter().all(|it| columns.contains(it) || others.contains(it));
            ends().skip(place + 1).filter(|(others, _)| holds_rest(others)).any(|(_, other)| {
                let (one, other) = (one.target().type_id(), other.target().type_id());
                models == [one, other] || models == [other, one]
            })
        })
    };
    let mut relations = inventory::iter::<RelationEntry>.into_iter();
    relations.any(|relation| relation.through == meta.type_id() && is_pair(relation.models))
}

/// Fails if a linked receiver of `m2m_changed` would never be called.
pub(super) fn check() -> Result<()> {
    linked::receivers_in_order().try_for_each(check_one)
}

/// Fails if the sender of a receiver of `m2m_changed` is not the through model of a relation.
pub(super) fn check_one(receiver: &dyn AnyReceiver) -> Result<()> {
    if receiver.signal() != "m2m_changed" {
        return Ok(());
    }
    let (_, sender) = receiver.key();
    let is_through = inventory::iter::<RelationEntry>.into_iter().any(|relation| relation.through == sender);
    match models::all().into_iter().find(|meta| meta.type_id() == sender) {
        Some(meta) if !is_through => Err(never_called(receiver, meta)),
        _ => Ok(()),
    }
}

fn never_called(receiver: &dyn AnyReceiver, meta: &ModelMeta) -> Error {
    let name = meta.name();
    let throughs = throughs_of(meta.type_id());
    let fix = match throughs.as_slice() {
        [] => format!("no many-to-many relation of the program names `{name}`"),
        [one] => format!("write `sender = {one}`, whose rows are the links of `{name}`"),
        several => {
            let names: Vec<_> = several.iter().map(|name| format!("`{name}`")).collect();
            format!("name one of the through models of `{name}` as the sender: {}", names.join(", "))
        }
    };
    let problem = format!("would never be called: the sender `{name}` is not the through model of a relation; {fix}");
    linked::unusable(receiver, problem)
}

/// Returns the names of the through models of this model's relations.
fn throughs_of(model: TypeId) -> Vec<&'static str> {
    let relations = inventory::iter::<RelationEntry>.into_iter();
    let throughs: Vec<_> =
        relations.filter(|relation| relation.models.contains(&model)).map(|relation| relation.through).collect();
    let metas = models::all().into_iter().filter(|meta| throughs.contains(&meta.type_id()));
    metas.map(ModelMeta::name).collect()
}

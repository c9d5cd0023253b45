//! Which model's rows are deleted first.

use super::Group;
use crate::model::ModelMeta;
use crate::store::chunk;
use crate::store::relations::Incoming;

/// Says that rows of one model reference rows of another, and so are to be deleted before them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    from: &'static ModelMeta,
    to: &'static ModelMeta,
    /// Whether the reference may be empty.
    nullable: bool,
}

impl Edge {
    pub(super) fn of(by: Incoming) -> Option<Self> {
        let column = by.column();
        Some(Self { from: by.meta(), to: column.reference?.target(), nullable: column.nullable })
    }
}

/// The groups in order.
pub(super) struct Ordered {
    pub(super) groups: Vec<Group>,
    pub(super) breaks_references: bool,
}

/// Puts rows that reference others before those. Where models go round in a circle, references that may be empty do not count; where
/// they still do, the groups stay as they were collected.
pub(super) fn arrange(groups: Vec<Group>, edges: &[Edge]) -> Ordered {
    let models: Vec<_> = groups.iter().map(|group| group.of.meta()).collect();
    let order = sorted(&models, &edges.iter())
        .or_else(|| sorted(&models, &edges.iter().filter(|edge| !edge.nullable)))
        .unwrap_or(models);
    let place = |meta: &ModelMeta| order.iter().position(|other| *other == meta);
    let is_split = |meta: &ModelMeta| {
        groups.iter().any(|group| group.of.meta() == meta && chunk::chunks(group.keys.len()).count() > 1)
    };
    let breaks_references = edges
        .iter()
        .any(|edge| if edge.from == edge.to { is_split(edge.from) } else { place(edge.from) > place(edge.to) });
    let mut groups = groups;
    groups.sort_by_key(|group| place(group.of.meta()));
    Ordered { groups, breaks_references }
}

/// The models, each behind those that reference it; `None` if that cannot be.
fn sorted<'e>(
    models: &[&'static ModelMeta],
    edges: &(impl Iterator<Item = &'e Edge> + Clone),
) -> Option<Vec<&'static ModelMeta>> {
    let mut sorted: Vec<&'static ModelMeta> = Vec::with_capacity(models.len());
    while sorted.len() < models.len() {
        let before = sorted.len();
        for meta in models {
            let is_waiting = |edge: &Edge| edge.to == *meta && edge.from != *meta && !sorted.contains(&edge.from);
            if !sorted.contains(meta) && !edges.clone().any(is_waiting) {
                sorted.push(meta);
            }
        }
        if sorted.len() == before {
            return None;
        }
    }
    Some(sorted)
}

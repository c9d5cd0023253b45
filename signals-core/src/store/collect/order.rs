//! Which model's rows are deleted first.

use super::collected::Group;
use crate::model::{ModelMeta, OnDelete};
use crate::store::relations::Incoming;

/// Says that rows of one model reference rows of another, and so are to be deleted before them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    from: &'static ModelMeta,
    to: &'static ModelMeta,
    /// Whether rows may be there that do not reference: the column may be empty, or nobody has looked.
    loose: bool,
}

impl Edge {
    pub(super) fn of(by: Incoming) -> Option<Self> {
        let column = by.column();
        Some(Self { from: by.meta(), to: column.reference?.target(), loose: column.nullable })
    }
}

/// The references that a delete leaves alone, where both ends are deleted: nobody has looked whether there are any.
fn left_alone(groups: &[Group]) -> impl Iterator<Item = Edge> {
    let models = groups.iter().map(|group| group.of.meta());
    let references = models.flat_map(|from| from.references().map(move |(_, reference)| (from, reference)));
    references.filter_map(|(from, reference)| {
        let to = groups.iter().map(|group| group.of.meta()).find(|meta| *meta == reference.target())?;
        let is_left_alone = matches!(reference.on_delete, OnDelete::DoNothing | OnDelete::Database);
        is_left_alone.then_some(Edge { from, to, loose: true })
    })
}

/// Puts rows that reference others before those. Where models go round in a circle, loose references do not count; where
/// they still do, the groups stay as they were collected. So many rows of one model go at once, whichever of them reference each other.
pub(super) fn arrange(mut groups: Vec<Group>, mut edges: Vec<Edge>, at_once: usize) -> Vec<Group> {
    edges.extend(left_alone(&groups));
    let models: Vec<_> = groups.iter().map(|group| group.of.meta()).collect();
    let order = sorted(&models, &edges.iter())
        .or_else(|| sorted(&models, &edges.iter().filter(|edge| !edge.loose)))
        .unwrap_or(models);
    let place = |meta: &ModelMeta| order.iter().position(|other| *other == meta);
    for group in &mut groups {
        let is_split = group.keys.len() > at_once;
        let breaks = |edge: &Edge| if edge.from == edge.to { is_split } else { place(edge.from) > place(edge.to) };
        group.breaks_references = edges.iter().any(|edge| edge.to == group.of.meta() && breaks(edge));
    }
    groups.sort_by_key(|group| place(group.of.meta()));
    groups
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

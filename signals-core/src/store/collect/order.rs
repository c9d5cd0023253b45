//! The order in which the rows of models are deleted.

use super::collected::Group;
use crate::model::{ModelMeta, OnDelete};
use crate::store::relations::Incoming;

/// A reference from rows of one model to rows of another. The referencing rows are deleted first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    from: &'static ModelMeta,
    to: &'static ModelMeta,
    /// Whether rows may exist without the reference: a column may be NULL, or the rows were not read.
    loose: bool,
}

impl Edge {
    pub(super) fn of(by: Incoming) -> Self {
        let loose = by.columns.iter().any(|column| by.meta().columns()[*column].nullable);
        Self { from: by.meta(), to: by.target(), loose }
    }
}

/// Returns the references that a delete leaves alone, if both ends are deleted. It is not known whether rows
/// use them.
fn left_alone(groups: &[Group]) -> impl Iterator<Item = Edge> {
    let models = groups.iter().map(|group| group.of.meta());
    let references = models.flat_map(|from| from.references().map(move |(_, reference)| (from, reference)));
    references.filter_map(|(from, reference)| {
        let to = groups.iter().map(|group| group.of.meta()).find(|meta| *meta == reference.target())?;
        let is_left_alone = matches!(reference.on_delete, OnDelete::DoNothing | OnDelete::Database);
        is_left_alone.then_some(Edge { from, to, loose: true })
    })
}

/// Sorts the groups so that referencing rows come before the rows they reference. If the models form a
/// circle, loose references do not count. If there still is a circle, the order is kept. At most `at_once`
/// rows of one model are deleted together, whichever of them reference each other.
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

/// Returns the models, each after those that reference it, or `None` if there is a circle.
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

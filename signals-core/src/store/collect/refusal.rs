//! The rows that prevent a delete.

use super::collected::Group;
use crate::error::{Error, ReferencingRows, Result};
use crate::model::ModelMeta;
use crate::store::keys::AnyKeys;
use crate::store::relations::Incoming;

/// Rows whose reference prevents a delete.
pub(super) struct Refusal {
    by: Incoming,
    keys: Box<dyn AnyKeys>,
}

/// The number of keys of each model that an error shows.
const SHOWN: usize = 10;

/// Adds the rows of a reference.
pub(super) fn note(refusals: &mut Vec<Refusal>, by: Incoming, mut keys: Box<dyn AnyKeys>) {
    keys.arrange();
    let same = |other: &&mut Refusal| other.by.meta() == by.meta() && other.by.columns == by.columns;
    match refusals.iter_mut().find(same) {
        Some(refusal) => drop(refusal.keys.absorb(keys)),
        None => refusals.push(Refusal { by, keys }),
    }
}

/// Fails if rows are protected, or are restricted and not deleted themselves.
pub(super) fn check(
    root: &'static ModelMeta,
    protected: Vec<Refusal>,
    mut restricted: Vec<Refusal>,
    groups: &[Group],
) -> Result<()> {
    let by = shown(protected);
    if !by.is_empty() {
        return Err(Error::Protected { model: root.name(), by });
    }
    for refusal in &mut restricted {
        if let Some(group) = groups.iter().find(|group| group.of.meta() == refusal.by.meta()) {
            // Leaves the keys that are missing in the group.
            let keys = std::mem::replace(&mut refusal.keys, group.keys.empty());
            refusal.keys = group.keys.duplicate().absorb(keys);
        }
    }
    let by = shown(restricted);
    if by.is_empty() { Ok(()) } else { Err(Error::Restricted { model: root.name(), by }) }
}

/// Returns the refusals for an error. Those without rows are left out.
fn shown(refusals: Vec<Refusal>) -> Vec<ReferencingRows> {
    let shown =
        refusals.into_iter().filter(|refusal| refusal.keys.len() > 0).map(|Refusal { by, keys }| ReferencingRows {
            model: by.meta().name(),
            field: by.fields(),
            target: by.target().name(),
            rows: keys.len(),
            keys: (0..SHOWN).map_while(|place| keys.key(place)).map(|key| key.to_string()).collect(),
        });
    shown.collect()
}

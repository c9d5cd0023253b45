//! Settles a claimed run of a durable receiver with the other runs of its receiver and row: they do not
//! overlap, and open ones may become one.

use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::Result;

use crate::definition::scattered;
use crate::registry;
use crate::store::{self, Claimed, End, How, Merged, Merging};

/// The pause of a run while another one has its receiver and row.
const OVERLAP: Duration = Duration::from_millis(200);

/// What to do with a claimed run.
#[derive(Debug)]
pub(crate) enum Settled {
    /// Run it, with these arguments if they are not its own.
    Run(Option<String>),
    /// Give it back for this time.
    Later(Duration),
    /// It was given back.
    Postponed,
    /// Another worker has it.
    Lost,
}

/// Settles a claimed run. `mine` are claims with the same key that the caller holds and has not started.
///
/// If the runs merge, those of `mine` have ended or were given back when this returns.
///
/// The claim was committed before the others are read. So of two workers with a run of one key, at least the
/// later one finds the other's claim.
pub(crate) async fn settle(
    db: &Db,
    claimed: &Claimed,
    mine: &[Claimed],
    merging: Option<Merging>,
    keep: Duration,
) -> Result<Settled> {
    let Some(key) = &claimed.merge_key else { return Ok(Settled::Run(None)) };
    let others = store::others(db, key, claimed, mine).await?;
    if others.running {
        if merging.is_some() && !mine.is_empty() {
            give_back(db, mine).await?;
        }
        return Ok(Settled::Later(scattered(OVERLAP)));
    }
    let Some(merging) = merging.filter(|_| others.open || !mine.is_empty()) else { return Ok(Settled::Run(None)) };
    Ok(match store::merge(db, claimed, mine, merging, keep).await? {
        Merged::Run { args } => Settled::Run(Some(args)),
        Merged::Postponed => Settled::Postponed,
        Merged::Lost => Settled::Lost,
    })
}

async fn give_back(db: &Db, runs: &[Claimed]) -> Result<()> {
    let how = || How::Later { delay: scattered(OVERLAP), error: None };
    let ends: Vec<_> = runs.iter().map(|run| End { id: run.id, claims: run.claims, how: how() }).collect();
    // The times for which ended runs are kept do not matter: these have not ended.
    store::write_each(db, &ends, Duration::ZERO, Duration::ZERO).await.map(drop)
}

/// Returns whether the open runs of the task are merged.
pub(crate) fn merges(claimed: &Claimed) -> bool {
    registry::find(&claimed.name).is_some_and(|task| task.merging.is_some())
}

/// Puts runs with the same key together, in the order of their first ones.
pub(crate) fn by_key(claimed: Vec<Claimed>) -> Vec<Vec<Claimed>> {
    let mut groups: Vec<Vec<Claimed>> = Vec::new();
    for run in claimed {
        let same = |group: &&mut Vec<Claimed>| {
            run.merge_key.is_some() && group.first().is_some_and(|first| first.merge_key == run.merge_key)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

//! Settles a claimed run of a durable receiver with the other runs of its receiver and row: they do not
//! overlap, and open ones may become one.

use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::Result;

use crate::definition::scattered;
use crate::merged::is_readable;
use crate::registry;
use crate::store::{self, Claimed, Merge, Merged, Merging};

/// The shortest and the longest pause of a run while another one has its receiver and row.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// What to do with a claimed run.
#[derive(Debug)]
pub(crate) enum Settled {
    /// Run it.
    Run,
    /// Run it with these arguments and this context, as an attempt of this number.
    RunMerged { args: String, trace: Option<String>, attempts: i32 },
    /// Give it back for this time.
    Later(Duration),
    /// It was given back.
    Postponed,
    /// Another worker has it.
    Lost,
}

/// Settles a claimed run. `mine` are claims with the same key that the caller holds and has not started. Those
/// that were merged are removed from it.
///
/// The claim was committed before the others are read. So of two workers with a run of one key, at least the
/// later one finds the other's claim.
pub(crate) async fn settle(
    db: &Db,
    claimed: &Claimed,
    mine: &mut Vec<Claimed>,
    merging: Option<Merging>,
    keep: Duration,
) -> Result<Settled> {
    let Some(key) = &claimed.merge_key else { return Ok(Settled::Run) };
    let others = store::others(db, key, claimed, mine).await?;
    let pause = others.running.then(|| pause(others.age));
    // A run that crashed stays alone, and so does one whose arguments cannot be read.
    let is_sound = |run: &Claimed| run.crashes == 0 && is_readable(&run.args);
    let Some(merging) = merging.filter(|_| is_sound(claimed) && (others.open || !mine.is_empty())) else {
        return Ok(pause.map_or(Settled::Run, Settled::Later));
    };
    let (sound, other): (Vec<_>, Vec<_>) = mine.drain(..).partition(is_sound);
    *mine = sound;
    let merge = Merge { claimed, mine, merging, pause, keep };
    let merged = merge.run(db).await;
    if matches!(merged, Ok(Merged::Run { .. } | Merged::Postponed)) {
        mine.clear();
    }
    mine.extend(other);
    Ok(match merged? {
        Merged::Run { args, trace, attempts } => Settled::RunMerged { args, trace, attempts },
        Merged::Postponed => Settled::Postponed,
        Merged::Lost => Settled::Lost,
    })
}

/// Returns the pause of a run of this age while another one has its receiver and row.
pub(crate) fn pause(age: Duration) -> Duration {
    scattered((age / 8).clamp(PAUSE.0, PAUSE.1))
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

//! Makes due runs ready, gives back lost ones and deletes old ones.

use std::sync::Arc;
use std::time::Duration;

use signals_core::error::Result;

use super::shared::Shared;
use crate::holdoff::HoldOff;
use crate::store;
use crate::wake;

/// The time over which the runs of a lost worker are spread, or a quarter of the lease if that is shorter.
const SPREAD: Duration = Duration::from_secs(4);

/// Sweeps until it is dropped.
pub(super) async fn sweeping(shared: Arc<Shared>) {
    let mut hold_off = HoldOff::new(shared.settings.lease);
    loop {
        match shared.within(sweep(&shared, &hold_off)).await {
            Ok(()) => hold_off.succeeded(),
            Err(error) => {
                hold_off.failed();
                shared.complaints.about("to look for what is due", &error);
            }
        }
        tokio::time::sleep(shared.settings.poll).await;
    }
}

async fn sweep(shared: &Shared, hold_off: &HoldOff) -> Result<()> {
    let (db, settings) = (&shared.own, &shared.settings);
    let due = store::due(db).await?;
    let mut ready = 0;
    if due.waiting {
        ready += store::promote(db).await?;
    }
    if due.unknown {
        ready += store::try_unknown(db).await?;
    }
    if ready > 0 {
        wake::wake();
    }
    if due.lost && hold_off.is_over() && !shared.is_alone {
        let spread = SPREAD.min(settings.lease / 4);
        for lost in store::sweep_lost(db, spread, settings.keep_dead).await? {
            let (id, task, crashes, is_dead) = (lost.id, &lost.name, lost.crashes, lost.is_dead());
            tracing::warn!(target: "signals", %id, task, crashes, is_dead, "a run was lost with its worker");
        }
    }
    if due.old {
        store::prune(db).await?;
    }
    Ok(())
}

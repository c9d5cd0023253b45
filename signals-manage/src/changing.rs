//! `tasks retry`, `cancel`, `pause`, `resume` and `purge`.

use signals_core::db::Db;
use signals_core::error::Error;
use signals_tasks::{
    RunCount, TaskStatus, cancel_run, cancel_runs, pause_queue, purge_runs, resume_queue, retry_dead, retry_run, status,
};
use uuid::Uuid;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::listing::{check_queue, check_task, find};
use crate::progress::interruptible;
use crate::tasks::{Cancel, Purge, PurgedState, Retry};
use crate::text::runs_were;

/// Changes runs one by one, and continues after a failure, or if the reader of the output has ended. The first
/// failure of a change decides the exit code.
async fn each(
    console: &mut Console<'_>,
    ids: &[Uuid],
    done: &str,
    change: impl AsyncFn(Uuid) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut failed, mut printed) = (None, Ok(()));
    for id in ids {
        match change(*id).await {
            Ok(()) if printed.is_ok() => printed = console.print(&format!("{id} {done}")),
            Ok(()) => {}
            Err(Failure::Ended(exit, message)) if ids.len() > 1 => {
                console.print_error(&message);
                failed.get_or_insert(exit);
            }
            Err(failure) => return Err(failure),
        }
    }
    match failed {
        Some(exit) => Err(Failure::Ended(exit, "not all runs were changed".to_owned())),
        None => printed,
    }
}

pub(crate) async fn retry(db: &Db, console: &mut Console<'_>, ids: &[Uuid]) -> Result<(), Failure> {
    each(console, ids, "is ready", async |id| match retry_run(db, id).await {
        Err(Error::DoesNotExist { .. }) => find(db, id).await.map(drop),
        outcome => Ok(outcome?),
    })
    .await
}

pub(crate) async fn cancel(db: &Db, console: &mut Console<'_>, ids: &[Uuid]) -> Result<(), Failure> {
    each(console, ids, "is cancelled", async |id| {
        if cancel_run(db, id).await? {
            return Ok(());
        }
        find(db, id).await?;
        Err(Failure::Ended(Exit::Failed, format!("the run {id} has ended")))
    })
    .await
}

pub(crate) async fn retry_all(db: &Db, console: &mut Console<'_>, retry: &Retry) -> Result<(), Failure> {
    let (queue, task) = retry.scope.parts();
    check_queue(db, queue).await?;
    let retried = interruptible(console, "retried", async |mut progress| {
        let call = retry_dead(db).limited_to(queue, task).per_second(retry.rate);
        call.on_batch(move |runs| progress.at(runs)).await
    })
    .await?;
    if (retried.retried, retried.key_taken) == (0, 0) {
        check_task(task)?;
    }
    console.print(&format!("{} retried", runs_were(retried.retried)))?;
    if retried.key_taken > 0 {
        console.print(&format!(
            "{} dead: an open run has the same unique key, and `tasks retry ID` names it",
            match retried.key_taken {
                1 => "1 run stays".to_owned(),
                runs => format!("{runs} runs stay"),
            }
        ))?;
    }
    Ok(())
}

pub(crate) async fn cancel_all(db: &Db, console: &mut Console<'_>, cancel: &Cancel) -> Result<(), Failure> {
    let (queue, task) = cancel.scope.parts();
    check_queue(db, queue).await?;
    if !cancel.yes && !console.confirm(&question(db, "cancels", &PurgedState::DEFAULT, queue, task).await?)? {
        return console.print("nothing was cancelled");
    }
    let cancelled = interruptible(console, "cancelled", async |mut progress| {
        cancel_runs(db).limited_to(queue, task).on_batch(move |runs| progress.at(runs)).await
    })
    .await?;
    if cancelled == 0 {
        check_task(task)?;
    }
    console.print(&format!("{} cancelled", runs_were(cancelled)))
}

pub(crate) async fn purge(db: &Db, console: &mut Console<'_>, purge: &Purge) -> Result<(), Failure> {
    let (queue, task) = purge.scope.parts();
    let states = purge.states();
    check_queue(db, queue).await?;
    if !purge.yes && !console.confirm(&question(db, "deletes", &states, queue, task).await?)? {
        return console.print("nothing was deleted");
    }
    let deleted = interruptible(console, "deleted", async |mut progress| {
        let states = states.iter().flat_map(|state| state.states()).copied();
        let call = purge_runs(db).states(states).limited_to(queue, task);
        call.on_batch(move |runs| progress.at(runs)).await
    })
    .await?;
    if deleted == 0 {
        check_task(task)?;
    }
    console.print(&format!("{} deleted", runs_were(deleted)))
}

/// Returns what a command does, with the number of runs of each state.
async fn question(
    db: &Db,
    does: &str,
    states: &[PurgedState],
    queue: Option<&str>,
    task: Option<&str>,
) -> Result<String, Failure> {
    let now = status(db).await?;
    let counts: Vec<_> = states.iter().map(|state| count(&now, *state, queue)).collect();
    let (of_task, up_to) = task.map_or_else(Default::default, |task| (format!(" of the task `{task}`"), "up to "));
    let of_queue = queue.map_or_else(|| " of all queues".to_owned(), |queue| format!(" of the queue `{queue}`"));
    Ok(format!("This {does} {up_to}{} runs{of_task}{of_queue}.", counts.join(", ")))
}

/// Returns the number of runs in this state, as "3 ready" or "more than 10000 dead".
fn count(status: &TaskStatus, state: PurgedState, queue: Option<&str>) -> String {
    let (mut runs, mut is_exact) = (0, true);
    for status in status.queues.iter().filter(|status| queue.is_none_or(|queue| status.name == queue)) {
        let count: RunCount = match state {
            PurgedState::Ready => status.ready,
            PurgedState::Waiting => status.waiting,
            PurgedState::Unknown => status.unknown,
            PurgedState::Done => status.done,
            PurgedState::Dead => status.dead,
            PurgedState::Cancelled => status.cancelled,
        };
        runs += count.at_least();
        is_exact &= count.is_exact();
    }
    let (more, name) = (if is_exact { "" } else { "more than " }, format!("{state:?}").to_lowercase());
    format!("{more}{runs} {name}")
}

pub(crate) async fn pause(db: &Db, console: &mut Console<'_>, queue: &str) -> Result<(), Failure> {
    check_queue(db, Some(queue)).await?;
    pause_queue(db, queue).await?;
    console.print(&format!("the queue `{queue}` is paused"))
}

pub(crate) async fn resume(db: &Db, console: &mut Console<'_>, queue: &str) -> Result<(), Failure> {
    check_queue(db, Some(queue)).await?;
    resume_queue(db, queue).await?;
    console.print(&format!("the queue `{queue}` is not paused"))
}

//! Upserts: rows that may exist are found and locked by a unique key, then updated or inserted.

mod attempt;
mod conflict_key;
mod failure;
mod find;
mod native;
mod plan;

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use self::attempt::Attempt;
use self::conflict_key::ConflictKey;
use self::failure::{ATTEMPTS, Failure, Refused, RefusedBy, contended, undo};
use self::find::Search;
use self::plan::Plan;
use super::Model;
use super::calls::{Upsert, UpsertCall, UpsertReport, Upserted};
use super::save::validate;
use super::write_scope::{KeyGuard, WriteScope};
use crate::db::Handle;
use crate::error::{Error, Result, escaped};

impl<'a, M: Model, R> IntoFuture for Upsert<'a, M, R> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { run(self.call, false).await.map(drop) })
    }
}

impl<'a, M: Model> IntoFuture for UpsertReport<'a, M, Vec<Upserted>> {
    type Output = Result<Vec<Upserted>>;
    type IntoFuture = BoxFuture<'a, Result<Vec<Upserted>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(run(self.call, true))
    }
}

impl<'a, M: Model> IntoFuture for UpsertReport<'a, M, Upserted> {
    type Output = Result<Upserted>;
    type IntoFuture = BoxFuture<'a, Result<Upserted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let report = run(self.call, true).await?;
            report.first().copied().ok_or_else(|| Error::Internal("an upsert reported no row".into()))
        })
    }
}

async fn run<M: Model>(mut call: UpsertCall<'_, M>, is_reported: bool) -> Result<Vec<Upserted>> {
    let plan = &Plan::of(&mut call)?;
    let UpsertCall { instances, on, options, .. } = call;
    let keys = &ConflictKey::of_all(instances, plan.conflict, on.db().backend())?;
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    if !options.raw {
        instances.iter().try_for_each(validate)?;
    }
    let sends = !options.quiet && !M::state().has_no_save_receivers(on);
    if !sends && !is_reported && native::run(instances, keys, plan, on).await? {
        return Ok(Vec::new());
    }
    let mut lost = None;
    for number in 1..=ATTEMPTS {
        let mut scope = WriteScope::new(on);
        let kept = KeyGuard::new(&mut *instances, true);
        let attempt = Attempt { plan, keys, sends, is_repeated: number > 1, refused: lost.take() };
        match attempt.run(kept.held, &mut scope).await {
            Ok(report) => return kept.end(scope, Ok(report)).await,
            Err(Failure::Error(error)) => return kept.end(scope, Err(error)).await,
            Err(Failure::Deadlock(error)) if number == ATTEMPTS => return kept.end(scope, Err(error)).await,
            Err(Failure::Deadlock(error)) => log_retry(Some(&error), number, on),
            Err(Failure::Lost(refused)) => {
                log_retry(refused.as_ref().map(|refused| &refused.error), number, on);
                lost = refused;
            }
        }
        undo::<M>(scope).await?;
    }
    Err(error_of_last(lost, instances, keys, plan, on).await)
}

fn log_retry(reason: Option<&Error>, attempt: usize, on: Handle<'_>) {
    let (using, error) = (on.db().name(), reason.map_or_else(String::new, |reason| escaped(reason).to_string()));
    tracing::debug!(target: "signals", using, attempt, error, "an upsert begins again");
}

/// Returns the error of the last attempt, which was lost to others. If its INSERT was refused by another unique key and
/// the rows are still missing, that is the error.
async fn error_of_last<M: Model>(
    lost: Option<Refused>,
    rows: &[M],
    keys: &[Option<ConflictKey>],
    plan: &Plan<M>,
    on: Handle<'_>,
) -> Error {
    let is_of_other =
        |refused: &Refused| refused.is_repeated || refused.key::<M>(plan.conflict, on) == RefusedBy::OtherKey;
    let Some(refused) = lost.filter(is_of_other) else { return contended::<M>() };
    let mut scope = WriteScope::new(on);
    let found = match scope.open_if(true).await {
        Ok(()) => Search { rows, keys, plan, twice: false, is_repeated: true }.run(&scope).await.ok(),
        Err(_) => None,
    };
    // It only read, so the error of the upsert is the one that counts.
    undo::<M>(scope).await.ok();
    if found.is_some_and(|found| refused.are_missing(&found)) { refused.error } else { contended::<M>() }
}

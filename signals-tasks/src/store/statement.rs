//! Statements with their values.

use std::time::Duration;

use signals_core::backend::{Args, Backend, Row};
use signals_core::db::{Db, Handle, IntoHandle as _, PlainStatement};
use signals_core::error::Result;
use uuid::Uuid;

use crate::dialect::{CHANNEL, Dialect};

/// The number of crashes of a run beside others, after which it runs alone.
pub(super) const MOST_BESIDE: i32 = 2;

/// Returns the state of a run that becomes ready.
pub(super) fn ready_state() -> String {
    format!("CASE WHEN crashes >= {MOST_BESIDE} THEN {{isolated}} ELSE {{ready}} END")
}

/// A value that is bound.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Int(i64),
    Text(String),
    MaybeText(Option<String>),
    Id(Uuid),
}

/// The longest duration that is added to the present time, 30,000 years, so that no sum overflows its column.
const LONGEST: Duration = Duration::from_hours(24 * 365 * 30_000);

impl From<Duration> for Value {
    /// Converts into a number of milliseconds.
    fn from(duration: Duration) -> Self {
        Self::Int(i64::try_from(duration.min(LONGEST).as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

fn args<'v>(backend: Backend, values: impl IntoIterator<Item = &'v Value>) -> Result<Args> {
    let mut args = Args::new(backend, 8);
    for value in values {
        match value {
            Value::Int(number) => args.add(number)?,
            Value::Text(text) => args.add(text)?,
            Value::MaybeText(text) => args.add(text)?,
            Value::Id(id) => args.add(id)?,
        }
    }
    Ok(args)
}

fn plain(on: Handle<'_>, verb: &'static str, template: &str) -> PlainStatement {
    PlainStatement::new(verb, "Task", Dialect::of(on.backend()).statement(template))
}

/// Runs a statement, and returns the number of rows it changed.
pub(super) async fn run(on: Handle<'_>, verb: &'static str, template: &str, values: &[Value]) -> Result<u64> {
    on.run_plain(&plain(on, verb, template), args(on.backend(), values)?).await
}

/// Runs a query, and reads its rows.
pub(super) async fn read<T: Send>(
    on: Handle<'_>,
    template: &str,
    values: &[Value],
    read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
) -> Result<Vec<T>> {
    on.read_plain(&plain(on, "SELECT", template), args(on.backend(), values)?, read).await
}

/// Runs a statement that returns the rows it wrote, and reads them.
pub(super) async fn write<T: Send>(
    on: Handle<'_>,
    verb: &'static str,
    template: &str,
    values: &[Value],
    read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
) -> Result<Vec<T>> {
    on.write_plain(&plain(on, verb, template), args(on.backend(), values)?, read).await
}

/// Notifies listeners, if the database has them.
pub(crate) async fn notify(db: &Db, payload: &str) -> Result<()> {
    let Some(sql) = Dialect::of(db.backend()).notify else { return Ok(()) };
    let values = [CHANNEL.into(), payload.into()];
    run(db.into_handle(), "SELECT", sql, &values).await.map(drop)
}

/// Returns the database's time, in milliseconds since 1970.
pub(crate) async fn now(on: Handle<'_>) -> Result<i64> {
    Ok(read(on, "SELECT {now} AS time", &[], |row| row.get("time")).await?.pop().unwrap_or_default())
}

/// Returns a `?` for each of several values.
fn places(count: usize) -> String {
    let mut places = "?, ".repeat(count);
    places.truncate(places.len().saturating_sub(2));
    places
}

/// Adds the values of a list, and returns its placeholders.
///
/// The last value is repeated up to a power of two. So lists of all lengths have few texts, and the database
/// prepares few statements.
pub(super) fn list<V: Into<Value>>(values: &mut Vec<Value>, items: impl IntoIterator<Item = V>) -> String {
    let before = values.len();
    values.extend(items.into_iter().map(Into::into));
    let length = (values.len() - before).next_power_of_two();
    if let Some(last) = values.last().cloned() {
        values.resize(before + length, last);
    }
    places(length)
}

/// Finds the run with this open key, even if it was committed after the transaction began.
pub(crate) async fn find_open(on: Handle<'_>, key: &str) -> Result<Option<Uuid>> {
    let latest = Dialect::of(on.backend()).latest;
    let sql = format!("SELECT id FROM signals_task WHERE open_key = ?{latest}");
    Ok(read(on, &sql, &[key.into()], |row| row.get::<Uuid>("id")).await?.pop())
}

/// Writes the heartbeat of a worker, by the database's clock. `age` is the time since it last looked for runs.
pub(crate) async fn show_worker(db: &Db, id: &str, queues: &str, concurrency: i32, age: Duration) -> Result<()> {
    let on = db.into_handle();
    let sql = "UPDATE signals_worker SET seen_at = {now} - ? WHERE id = ?";
    let seen = run(on, "UPDATE", sql, &[age.into(), id.into()]).await?;
    if seen == 0 {
        let sql = "INSERT INTO signals_worker (id, queues, concurrency, started_at, seen_at) \
                   VALUES (?, ?, ?, {now}, {now})";
        run(on, "INSERT", sql, &[id.into(), queues.into(), concurrency.into()]).await?;
    }
    Ok(())
}

/// Deletes the row of a worker that stops.
pub(crate) async fn unshow_worker(db: &Db, id: &str) -> Result<()> {
    run(db.into_handle(), "DELETE", "DELETE FROM signals_worker WHERE id = ?", &[id.into()]).await.map(drop)
}

/// Deletes the rows of workers without a heartbeat for a day, which were killed.
pub(crate) async fn forget_workers(db: &Db) -> Result<()> {
    let day = Duration::from_hours(24).into();
    run(db.into_handle(), "DELETE", "DELETE FROM signals_worker WHERE seen_at < {now} - ?", &[day]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_few_texts() {
        for (length, expected) in [(1, 1), (2, 2), (3, 4), (200, 256), (256, 256), (257, 512)] {
            let mut values = vec![Value::Int(-1)];
            let text = list(&mut values, 0..length);
            assert_eq!((text.matches('?').count(), values.len()), (expected, expected + 1), "{length}");
            let last = values.last().map(|value| format!("{value:?}"));
            assert_eq!(last, Some(format!("Int({})", length - 1)));
        }
    }
}

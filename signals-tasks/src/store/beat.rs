//! The statements on schedules. The present time is a bound value, so that a test may set it.

use signals_core::db::{Db, Handle, IntoHandle as _};
use signals_core::error::Result;

use super::statement::{Value, list, read, run};

/// The number of schedules that one statement changes.
const MOST: usize = 500;

/// A row of the table of schedules, as a beat has read it.
#[derive(Debug, Clone)]
pub(crate) struct BeatRow {
    pub(crate) name: String,
    pub(crate) schedule: String,
    pub(crate) first_seen: i64,
    pub(crate) last_tick: i64,
    pub(crate) seen_at: i64,
    pub(crate) is_enabled: bool,
}

/// Reads all schedules.
pub(crate) async fn beats(db: &Db) -> Result<Vec<BeatRow>> {
    let sql = "SELECT name, schedule, first_seen, last_tick, seen_at, \
               CASE WHEN enabled THEN 1 ELSE 0 END AS is_enabled FROM signals_beat";
    let beats = read(db.into_handle(), sql, &[], |row| {
        Ok(BeatRow {
            name: row.get("name")?,
            schedule: row.get("schedule")?,
            first_seen: row.get("first_seen")?,
            last_tick: row.get("last_tick")?,
            seen_at: row.get("seen_at")?,
            is_enabled: row.get::<i32>("is_enabled")? == 1,
        })
    });
    beats.await
}

/// Inserts a schedule, which starts at this time. Returns whether it is new: another beat may have inserted it.
pub(crate) async fn insert_beat(db: &Db, name: &str, schedule: &str, now: i64) -> Result<bool> {
    let sql = "INSERT INTO signals_beat (name, schedule, first_seen, last_tick, seen_at, enabled) \
               VALUES (?, ?, ?, ?, ?, TRUE)";
    let values: [Value; 5] = [name.into(), schedule.into(), now.into(), now.into(), now.into()];
    match run(db.into_handle(), "INSERT", sql, &values).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts a schedule again, with these times. Returns whether the row had not changed since it was read.
pub(crate) async fn renew(db: &Db, row: &BeatRow, schedule: &str, now: i64) -> Result<bool> {
    let sql = "UPDATE signals_beat SET schedule = ?, first_seen = ?, last_tick = ?, seen_at = ? \
               WHERE name = ? AND schedule = ? AND last_tick = ?";
    let values: [Value; 7] = [
        schedule.into(),
        now.into(),
        now.into(),
        now.into(),
        row.name.as_str().into(),
        row.schedule.as_str().into(),
        row.last_tick.into(),
    ];
    Ok(run(db.into_handle(), "UPDATE", sql, &values).await? == 1)
}

/// Moves a schedule to its next tick. Returns whether this beat moved it, and not another one.
pub(crate) async fn advance(on: Handle<'_>, row: &BeatRow, tick: i64, now: i64) -> Result<bool> {
    let enabled = if row.is_enabled { "enabled" } else { "NOT enabled" };
    let sql = format!(
        "UPDATE signals_beat SET last_tick = ?, seen_at = ? \
         WHERE name = ? AND schedule = ? AND last_tick = ? AND {enabled}"
    );
    let values: [Value; 5] =
        [tick.into(), now.into(), row.name.as_str().into(), row.schedule.as_str().into(), row.last_tick.into()];
    Ok(run(on, "UPDATE", &sql, &values).await? == 1)
}

/// Writes that a beat has these schedules.
pub(crate) async fn write_heartbeat(db: &Db, names: &[&str], now: i64) -> Result<()> {
    for names in names.chunks(MOST) {
        let mut values: Vec<Value> = vec![now.into()];
        let names = list(&mut values, names.iter().copied());
        let sql = format!("UPDATE signals_beat SET seen_at = ? WHERE name IN ({names})");
        run(db.into_handle(), "UPDATE", &sql, &values).await?;
    }
    Ok(())
}

/// Deletes a schedule that no beat has had since it was read.
pub(crate) async fn delete_beat(db: &Db, row: &BeatRow) -> Result<bool> {
    let sql = "DELETE FROM signals_beat WHERE name = ? AND seen_at = ?";
    Ok(run(db.into_handle(), "DELETE", sql, &[row.name.as_str().into(), row.seen_at.into()]).await? == 1)
}

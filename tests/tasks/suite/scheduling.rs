//! Schedules: which ticks become runs, at times that the tests choose.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use behavior::{capture, execute, kind};
use signals::tasks::{Context, DbTasks as _, Missed, Overlap, Task, TaskBeat, scheduled, scheduled_tasks, task};
use signals::{Db, Model as _, Result};
use signals_test_tasks::{beat, db, ticks};

/// 12 January 2026, 12:00 UTC, a Monday.
const NOON: i64 = 1_768_219_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn at(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds.unsigned_abs())
}

/// Writes the row of a schedule, as a beat of an earlier program left it.
async fn was(db: &Db, name: &str, schedule: &str, last_tick: i64) {
    let (name, schedule) = (name.to_owned(), schedule.to_owned());
    let row = TaskBeat { name, schedule, first_seen: 0, last_tick, seen_at: last_tick, enabled: true };
    row.create(db).await.unwrap();
}

#[tokio::test]
async fn a_tick_is_a_run_with_the_options_of_its_task() -> Result<()> {
    static RAN_FOR: Mutex<Option<SystemTime>> = Mutex::new(None);

    #[task(name = "scheduling.report", queue = "reports", priority = -7, max_attempts = 3)]
    #[scheduled(cron = "30 13 * * mon-fri", tz = "Europe/Berlin")]
    async fn report(ctx: &Context) {
        *RAN_FOR.lock().unwrap() = ctx.scheduled_at();
    }

    let db = db().await;
    let name = "scheduling.report";
    db.tick_beat(at(NOON)).await?;
    db.tick_beat(at(NOON + 29 * MINUTE)).await?;
    assert_eq!(ticks(&db, name).await, [0; 0], "a schedule starts when it is first seen");
    let next = beat(&db, name).await.next_tick();
    assert_eq!(next, Some(at(NOON + 30 * MINUTE)), "13:30 in Berlin is 12:30");

    db.tick_beat(at(NOON + 30 * MINUTE + 7)).await?;
    db.tick_beat(at(NOON + 31 * MINUTE)).await?;
    assert_eq!(ticks(&db, name).await, [NOON + 30 * MINUTE]);
    let run = Task::objects().filter(Task::NAME.eq(name)).get(&db).await?;
    assert_eq!((run.queue.as_str(), run.priority, run.max_attempts), ("reports", -7, 3));
    db.drain_tasks().await?;
    assert_eq!(*RAN_FOR.lock().unwrap(), Some(at(NOON + 30 * MINUTE)));
    assert_eq!(Context::for_test().scheduled_at(), None);
    Ok(())
}

#[tokio::test]
async fn a_schedule_that_changes_has_no_run_before_its_new_times() -> Result<()> {
    #[scheduled(cron = "0 16 * * *", tz = "Europe/Berlin")]
    #[task(name = "scheduling.changed")]
    async fn changed() {}

    let name = "scheduling.changed";
    for before in ["30 13 * * * Europe/Berlin", "0 16 * * * UTC", "every 1s"] {
        let db = db().await;
        was(&db, name, before, NOON - 20 * HOUR).await;
        let (log, guard) = capture();
        db.tick_beat(at(NOON - 40 * MINUTE)).await?; // 12:20 in Berlin
        drop(guard);
        let told = log.take().into_iter().find(|line| line.contains("the times of a schedule have changed")).unwrap();
        assert!(told.contains(name) && told.contains(before), "{told}");
        for minutes in [-20, 30, 61, 150, 179] {
            db.tick_beat(at(NOON + minutes * MINUTE)).await?;
            assert_eq!(ticks(&db, name).await, [0; 0], "{before}, {minutes}");
        }
        db.tick_beat(at(NOON + 180 * MINUTE)).await?;
        assert_eq!(ticks(&db, name).await, [NOON + 180 * MINUTE], "{before}");
    }
    Ok(())
}

#[tokio::test]
async fn an_overlap_is_decided_by_the_policy() -> Result<()> {
    #[scheduled(cron = "* * * * *")]
    #[task(name = "scheduling.overlap-skip")]
    async fn skip() {}

    #[scheduled(cron = "* * * * *", overlap = "queue")]
    #[task(name = "scheduling.overlap-queue")]
    async fn queue() {}

    #[scheduled(cron = "* * * * *", overlap = "allow")]
    #[task(name = "scheduling.overlap-allow")]
    async fn allow() {}

    let db = db().await;
    let of = async |policy: &str| {
        let ticks = ticks(&db, &format!("scheduling.overlap-{policy}")).await;
        ticks.iter().map(|tick| (tick - NOON) / MINUTE).collect::<Vec<_>>()
    };
    db.tick_beat(at(NOON)).await?;
    // Each run takes 150 seconds.
    for minute in 1..=3 {
        db.tick_beat(at(NOON + minute * MINUTE + 100)).await?;
    }
    assert_eq!((of("skip").await, of("queue").await, of("allow").await), (vec![1], vec![1], vec![1, 2, 3]));
    db.drain_tasks().await?;
    db.tick_beat(at(NOON + 3 * MINUTE + 30_000)).await?;
    assert_eq!((of("skip").await, of("queue").await, of("allow").await), (vec![1], vec![1, 3], vec![1, 2, 3]));
    db.tick_beat(at(NOON + 4 * MINUTE)).await?;
    assert_eq!((of("skip").await, of("queue").await, of("allow").await), (vec![1, 4], vec![1, 3], vec![1, 2, 3, 4]));
    Ok(())
}

#[tokio::test]
async fn ticks_without_a_beat_are_decided_by_the_policy() -> Result<()> {
    #[scheduled(cron = "* * * * *", missed = "all", overlap = "allow")]
    #[task(name = "scheduling.missed-all")]
    async fn all() {}

    #[scheduled(cron = "* * * * *", missed = "all")]
    #[task(name = "scheduling.missed-queue")]
    async fn queue() {}

    #[scheduled(cron = "* * * * *", missed = "last")]
    #[task(name = "scheduling.missed-last")]
    async fn last() {}

    #[scheduled(cron = "* * * * *", missed = "skip")]
    #[task(name = "scheduling.missed-skip")]
    async fn skip() {}

    let db = db().await;
    let of = async |policy: &str| {
        let ticks = ticks(&db, &format!("scheduling.missed-{policy}")).await;
        ticks.iter().map(|tick| (tick - NOON) / MINUTE).collect::<Vec<_>>()
    };
    db.tick_beat(at(NOON)).await?;
    let back = at(NOON + 3 * MINUTE + 40_000);
    db.tick_beat(back).await?;
    assert_eq!((of("all").await, of("last").await, of("skip").await), (vec![1, 2, 3], vec![3], vec![]));
    for queued in [vec![1], vec![1, 2], vec![1, 2, 3]] {
        db.tick_beat(back).await?;
        assert_eq!(of("queue").await, queued, "one after another");
        db.drain_tasks().await?;
    }
    db.tick_beat(at(NOON + 4 * MINUTE + 5_000)).await?;
    assert_eq!((of("last").await, of("skip").await), (vec![3, 4], vec![4]));

    db.drain_tasks().await?;
    let (log, guard) = capture();
    db.tick_beat(at(NOON + 30 * DAY)).await?;
    drop(guard);
    let all = of("all").await;
    let month = 30 * 24 * 60;
    assert_eq!(all[4..], (month - 99..=month).collect::<Vec<_>>(), "capped");
    assert_eq!((of("last").await, of("skip").await), (vec![3, 4, month], vec![4, month]));
    let told =
        log.take().into_iter().find(|line| line.contains("missed ticks") && line.contains("missed-all")).unwrap();
    assert!(told.contains("enqueued=100"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_backlog_is_decided_in_parts() -> Result<()> {
    #[scheduled(cron = "* * * * *", missed = "all", overlap = "allow")]
    #[task(name = "scheduling.parts")]
    async fn parts() {}

    let db = db().await;
    let name = "scheduling.parts";
    db.tick_beat(at(NOON)).await?;
    let refused = NOON + 45 * MINUTE;
    let is_refused = format!("args LIKE '%{refused}%'");
    let is_sqlite = kind().is_sqlite();
    let refuse = if is_sqlite {
        format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON signals_task WHEN NEW.name = '{name}' AND NEW.{is_refused} \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    } else {
        format!("ALTER TABLE signals_task ADD CONSTRAINT refuse CHECK (name <> '{name}' OR NOT {is_refused})")
    };
    execute(&db, refuse).await;
    let back = at(NOON + 50 * MINUTE);
    assert!(db.tick_beat(back).await.is_err());
    let minutes = async || -> Vec<_> { ticks(&db, name).await.iter().map(|tick| (tick - NOON) / MINUTE).collect() };
    assert_eq!(minutes().await, (1..=40).collect::<Vec<_>>(), "those of earlier parts are kept");
    let allow = if is_sqlite { "DROP TRIGGER refuse" } else { "ALTER TABLE signals_task DROP CONSTRAINT refuse" };
    execute(&db, allow).await;
    db.tick_beat(back).await?;
    assert_eq!(minutes().await, (1..=50).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_schedule_that_is_disabled_drops_its_ticks() -> Result<()> {
    #[scheduled(every = "1m", missed = "all", overlap = "allow")]
    #[task(name = "scheduling.disabled")]
    async fn disabled() {}

    let db = db().await;
    let name = "scheduling.disabled";
    db.tick_beat(at(NOON)).await?;
    let mut row = beat(&db, name).await;
    row.enabled = false;
    row.save(&db).await?;
    db.tick_beat(at(NOON + 3 * MINUTE)).await?;
    let mut row = beat(&db, name).await;
    row.enabled = true;
    row.save(&db).await?;
    db.tick_beat(at(NOON + 5 * MINUTE + 1)).await?;
    assert_eq!(ticks(&db, name).await, [NOON + 4 * MINUTE, NOON + 5 * MINUTE]);
    Ok(())
}

#[tokio::test]
async fn an_interval_counts_from_its_first_sight_and_not_from_a_restart() -> Result<()> {
    #[scheduled(every = "10s")]
    #[task(name = "scheduling.anchored")]
    async fn anchored() {}

    let db = db().await;
    db.tick_beat(at(NOON)).await?;
    // Each call is a beat that has just started. Three seconds of 40 are not one of ten.
    for second in (0..=40).step_by(3) {
        db.tick_beat(at(NOON + second * 1_000)).await?;
        db.drain_tasks().await?;
    }
    let anchored: Vec<_> = ticks(&db, "scheduling.anchored").await.iter().map(|tick| tick - NOON).collect();
    assert_eq!(anchored, [10_000, 20_000, 30_000]);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_a_schedule() -> Result<()> {
    #[scheduled(every = "1m")]
    #[task(name = "scheduling.set-back")]
    async fn set_back() {}

    let db = db().await;
    let name = "scheduling.set-back";
    db.tick_beat(at(NOON)).await?;
    db.tick_beat(at(NOON - 30_000)).await?;
    assert_eq!(beat(&db, name).await.first_seen, NOON, "a little is no matter");
    db.tick_beat(at(NOON - HOUR)).await?;
    db.tick_beat(at(NOON - HOUR + MINUTE)).await?;
    assert_eq!(ticks(&db, name).await, [NOON - HOUR + MINUTE]);
    Ok(())
}

#[tokio::test]
async fn a_rollback_takes_the_ticks_along() -> Result<()> {
    #[scheduled(every = "1m")]
    #[task(name = "scheduling.rollback")]
    async fn rollback() {}

    let db = db().await;
    let name = "scheduling.rollback";
    db.tick_beat(at(NOON)).await?;
    let tx = db.begin().await?;
    tx.as_db()?.tick_beat(at(NOON + MINUTE)).await?;
    assert_eq!(beat(&tx.as_db()?, name).await.last_tick, NOON + MINUTE);
    tx.rollback().await?;
    assert_eq!(ticks(&db, name).await, [0; 0]);
    assert_eq!(beat(&db, name).await.last_tick, NOON);
    // The row and the run are one transaction.
    execute(&db, "DELETE FROM signals_task").await;
    db.tick_beat(at(NOON + MINUTE)).await?;
    assert_eq!(ticks(&db, name).await, [NOON + MINUTE]);
    Ok(())
}

#[tokio::test]
async fn schedules_are_listed() {
    #[scheduled(cron = "  30 2,14  * * mon-fri", tz = "America/New_York", missed = "all")]
    #[task(name = "scheduling.listed-cron")]
    async fn by_cron() {}

    #[task(name = "scheduling.listed-every")]
    #[scheduled(every = "90s", overlap = "allow")]
    async fn by_interval() {}

    let listed = |name: &str| scheduled_tasks().into_iter().find(|schedule| schedule.name == name).unwrap();
    let cron = listed("scheduling.listed-cron");
    assert_eq!((cron.schedule.as_str(), cron.time_zone), ("30 2,14 * * mon-fri", Some("America/New_York")));
    assert_eq!((cron.missed, cron.overlap), (Missed::All, Overlap::Queue));
    assert_eq!(cron.next_after(at(NOON)), Some(at(NOON + 7 * HOUR + 30 * MINUTE)));
    assert!(cron.file.ends_with("scheduling.rs") && cron.line > 200);
    let every = listed("scheduling.listed-every");
    assert_eq!((every.schedule.as_str(), every.time_zone), ("every 90s", None));
    assert_eq!((every.missed, every.overlap), (Missed::Last, Overlap::Allow));
    assert_eq!(every.next_after(at(NOON)), Some(at(NOON + 90_000)));
    assert!(scheduled_tasks().is_sorted_by_key(|schedule| schedule.name));
}

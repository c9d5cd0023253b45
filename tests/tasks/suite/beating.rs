//! Beats within this process: many at once, restarted, of another version, after an outage.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use behavior::{Proxy, Server, execute, kind, url};
use signals::tasks::{Beat, DbTasks as _, TaskBeat, Worker, beat_ticked, scheduled, task};
use signals::{Db, Model as _, Result, receiver};
use signals_test_tasks::shop::PULSE;
use signals_test_tasks::{assert_all_ticks, assert_pulse, beat, caught_up, db, ticks, until, with_tables};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Starts a beat, which runs until `stop` is dropped.
fn started(beat: Beat) -> (oneshot::Sender<()>, JoinHandle<Result<()>>) {
    let (stop, stopped) = oneshot::channel();
    (stop, tokio::spawn(beat.run_until(async move { drop(stopped.await) })))
}

/// Waits until the beat has seen this schedule.
async fn seen(db: &Db, name: &str) {
    let mut waited = until("the schedule is seen", Duration::from_secs(20));
    while waited(TaskBeat::objects().filter(TaskBeat::NAME.eq(name)).count(db).await.unwrap() == 1).await {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beats_have_no_leader_and_no_tick_is_doubled_or_lost() -> Result<()> {
    let db = db().await;
    let beats: Vec<_> = (0..4).map(|_| started(Beat::new(&db))).collect();
    let mut waited = until("there are ticks", Duration::from_secs(30));
    while waited(ticks(&db, PULSE).await.len() >= 10).await {}
    for (stop, beat) in beats {
        drop(stop);
        beat.await.unwrap()?;
    }
    assert_all_ticks(&db, PULSE, 200).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beat_that_restarts_often_keeps_the_interval() -> Result<()> {
    #[scheduled(every = "1s", missed = "all", overlap = "allow")]
    #[task(name = "beating.restarted")]
    async fn restarted() {}

    let db = db().await;
    let name = "beating.restarted";
    let mut waited = until("there are ticks", Duration::from_mins(1));
    let mut life = Duration::from_millis(300);
    while waited(ticks(&db, name).await.len() >= 4).await {
        let (stop, beat) = started(Beat::new(&db));
        tokio::time::sleep(life).await;
        // On a slow machine the first ones may end before they have read their schedules.
        life += Duration::from_millis(50);
        drop(stop);
        beat.await.unwrap()?;
    }
    assert_all_ticks(&db, name, 1_000).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_error_of_a_schedule_stops_no_other() -> Result<()> {
    #[scheduled(every = "200ms", overlap = "allow")]
    #[task(name = "beating.refused")]
    async fn refused() {}

    let db = db().await;
    let is_sqlite = kind().is_sqlite();
    execute(
        &db,
        if is_sqlite {
            "CREATE TRIGGER refuse BEFORE INSERT ON signals_task WHEN NEW.name = 'beating.refused' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        } else {
            "ALTER TABLE signals_task ADD CONSTRAINT refuse CHECK (name <> 'beating.refused')"
        },
    )
    .await;
    let (stop, running) = started(Beat::new(&db).forget_soon_after(Duration::from_secs(2)));
    let mut waited = until("the other schedule has ticks", Duration::from_secs(30));
    while waited(ticks(&db, PULSE).await.len() >= 5).await {}
    let row = beat(&db, "beating.refused").await;
    assert_eq!(row.last_tick, row.first_seen, "a tick without its run is not decided");
    let mut waited = until("it has a heartbeat all the same", Duration::from_secs(30));
    while waited(beat(&db, "beating.refused").await.seen_at > row.first_seen + 2_000).await {}
    let allow = if is_sqlite { "DROP TRIGGER refuse" } else { "ALTER TABLE signals_task DROP CONSTRAINT refuse" };
    execute(&db, allow).await;
    let mut waited = until("it has ticks", Duration::from_secs(30));
    while waited(!ticks(&db, "beating.refused").await.is_empty()).await {}
    drop(stop);
    running.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beat_leaves_the_schedules_of_a_newer_program_alone() -> Result<()> {
    #[scheduled(every = "100ms", overlap = "allow")]
    #[task(name = "beating.newer")]
    async fn newer() {}

    let db = db().await;
    let name = "beating.newer";
    let (stop, running) = started(Beat::new(&db));
    seen(&db, name).await;
    // A newer program has other times for this schedule, and another schedule.
    let future = 4_000_000_000_000_i64;
    execute(
        &db,
        format!("UPDATE signals_beat SET schedule = '* * * * * UTC', seen_at = {future} WHERE name = '{name}'"),
    )
    .await;
    let schedule = "* * * * * UTC".to_owned();
    let other = TaskBeat { name: "x".into(), schedule, first_seen: 0, last_tick: 1, seen_at: future, enabled: true };
    other.create(&db).await?;
    let before = ticks(&db, name).await.len();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(ticks(&db, name).await.len() <= before + 1, "one may have been under way");
    assert_eq!(beat(&db, name).await.schedule, "* * * * * UTC");
    assert_eq!(beat(&db, "x").await.last_tick, 1);

    // The newer program is gone for more than a minute.
    execute(&db, format!("UPDATE signals_beat SET seen_at = 0 WHERE name = '{name}'")).await;
    let mut waited = until("the beat takes it over", Duration::from_secs(20));
    while waited(beat(&db, name).await.schedule == "every 100ms").await {}
    let mut waited = until("it has ticks again", Duration::from_secs(20));
    while waited(ticks(&db, name).await.len() > before + 1).await {}
    drop(stop);
    running.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_that_was_removed_starts_again_when_it_comes_back() -> Result<()> {
    let db = db().await;
    let row = |name: &str, seen_at, enabled| TaskBeat {
        name: name.into(),
        schedule: "* * * * * UTC".into(),
        first_seen: 0,
        last_tick: 0,
        seen_at,
        enabled,
    };
    // Its row is deleted, so that it is seen for the first time when it comes back.
    row("removed", 0, true).create(&db).await?;
    row("disabled", 0, false).create(&db).await?;
    row("of another program", 4_000_000_000_000, true).create(&db).await?;
    let begin = Instant::now();
    let forget = Duration::from_secs(5);
    let (stop, running) = started(Beat::new(&db).forget_soon_after(forget));
    let left = async || TaskBeat::objects().filter(TaskBeat::FIRST_SEEN.eq(0)).all(&db).await;
    let mut waited = until("the removed one is forgotten", Duration::from_secs(20));
    while waited(left().await?.len() == 2).await {}
    assert!(begin.elapsed() >= forget, "only after a beat has run for this time");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let names: BTreeSet<_> = left().await?.into_iter().map(|row| row.name).collect();
    assert_eq!(names.iter().collect::<Vec<_>>(), ["disabled", "of another program"]);
    drop(stop);
    running.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_may_run_the_beat_too() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[scheduled(every = "300ms")]
    #[task(name = "beating.worked")]
    async fn worked() {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }

    let db = db().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = Worker::new(&db).with_beat().run_until(async move { drop(stopped.await) });
    let worker = tokio::spawn(worker);
    let mut waited = until("it ran three times", Duration::from_secs(20));
    while waited(CALLS.load(Ordering::Relaxed) >= 3).await {}
    drop(stop);
    worker.await.unwrap()?;
    let mut waited = until("it stops with its worker", Duration::from_secs(10));
    let last = async || beat(&db, "beating.worked").await.last_tick;
    let mut before = None;
    // Its last transaction may be committed after this.
    while waited(before.replace(last().await) == Some(last().await)).await {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let burst = Worker::new(&db).with_beat().burst().run_until(std::future::pending()).await.unwrap_err();
    assert!(burst.to_string().starts_with("a burst ends when nothing is due"), "{burst}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beat_leaves_a_connection_that_does_not_answer() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // it has no server
    }
    let url = url().await;
    let proxy = Proxy::start(&url);
    let direct = with_tables(Db::connect(&url).await?).await;
    let db = Db::builder(proxy.url(&url)).connect().await?;
    let (stop, running) = started(Beat::new(&db));
    let mut waited = until("there are ticks", Duration::from_secs(20));
    while waited(ticks(&direct, PULSE).await.len() >= 3).await {}
    proxy.swallow_present();
    let before = ticks(&direct, PULSE).await.len();
    let mut waited = until("there are ticks by another connection", Duration::from_mins(1));
    while waited(ticks(&direct, PULSE).await.len() >= before + 20).await {}
    caught_up(&direct).await;
    drop(stop);
    running.await.unwrap()?;
    assert_pulse(&direct).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beat_goes_on_when_the_database_is_back() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // it has no server
    }
    let Some(mut server) = Server::start(kind()) else { return Ok(()) };
    let connect = || Db::builder(server.url()).acquire_timeout(Duration::from_secs(30)).connect();
    let db = with_tables(connect().await?).await;
    let (stop, running) = started(Beat::new(&db));
    let mut waited = until("there is a tick", Duration::from_secs(20));
    while waited(!ticks(&db, PULSE).await.is_empty()).await {}
    server.kill();
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.restart();

    let db = Db::builder(server.url()).connect().await?;
    let before = ticks(&db, PULSE).await.len();
    let mut waited = until("there are ticks again, and those of the outage", Duration::from_secs(40));
    while waited(ticks(&db, PULSE).await.len() >= before + 12).await {}
    caught_up(&db).await;
    drop(stop);
    running.await.unwrap()?;
    assert_pulse(&db).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tick_that_a_beat_decides_is_sent_and_a_failed_receiver_harms_nothing() -> Result<()> {
    static SENT: Mutex<Vec<(SystemTime, usize)>> = Mutex::new(Vec::new());
    const NAME: &str = "beating.announced";

    #[scheduled(every = "1h", overlap = "skip")]
    #[task(name = "beating.announced")]
    async fn announced() {}

    #[receiver(beat_ticked)]
    fn note(task: &str, tick: SystemTime, runs: usize) -> Result<(), String> {
        if task != NAME {
            return Ok(());
        }
        SENT.lock().unwrap().push((tick, runs));
        Err("the receiver fails".into())
    }

    let db = db().await;
    let start = UNIX_EPOCH + Duration::from_hours(1_000_000);
    db.tick_beat(start).await?;
    db.tick_beat(start + Duration::from_hours(1)).await?;
    assert_eq!(ticks(&db, NAME).await.len(), 1);
    // The run of the first tick has not ended.
    db.tick_beat(start + Duration::from_hours(2)).await?;
    let hour = |hours| start + Duration::from_hours(hours);
    assert_eq!(*SENT.lock().unwrap(), [(hour(1), 1), (hour(2), 0)]);

    // A beat on its own thread sends it too.
    let (stop, beat) = started(Beat::new(&db));
    let is_sent = || SENT.lock().unwrap().len() > 2;
    execute(&db, "DELETE FROM signals_task").await;
    execute(&db, format!("UPDATE signals_beat SET last_tick = 3600000, first_seen = 0 WHERE name = '{NAME}'")).await;
    let mut waited = until("the tick is sent", Duration::from_secs(30));
    while waited(is_sent()).await {}
    drop(stop);
    beat.await.unwrap()
}

//! Beats that are killed: no tick is doubled or missing.
//!
//! `SIGNALS_TASK_KILLS=100 cargo test -p signals-test-tasks --test processes -- --nocapture killed` is the long form.

use std::time::Duration;

use signals::tasks::TaskBeat;
use signals::{Model as _, Result};
use signals_test_tasks::shop::PULSE;
use signals_test_tasks::{assert_all_ticks, ticks, until};

use crate::killing::kills;
use crate::worker::{Worker, database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tick_is_doubled_or_missing_when_beats_are_killed() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let kills = kills();
    // One of the three is a worker with a beat.
    let start = |number: usize| Worker::start(&url, if number == 2 { &["with-beat"] } else { &["beat"] });
    let mut beats = [0, 1, 2].map(start);
    let mut waited = until("the schedule is seen", Duration::from_secs(20));
    while waited(TaskBeat::objects().filter(TaskBeat::NAME.eq(PULSE)).count(&db).await? == 1).await {}
    for kill in 0..kills as usize {
        tokio::time::sleep(Duration::from_millis(50 + kill as u64 * 137 % 400)).await;
        let number = kill % 3;
        std::mem::replace(&mut beats[number], start(number)).kill();
        if kill % 5 == 4 {
            // For a while there is none.
            for (number, victim) in beats.iter_mut().enumerate() {
                victim.kill_now();
                if number == 2 {
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
            }
            beats = [0, 1, 2].map(start);
        }
    }
    let decided = ticks(&db, PULSE).await.len();
    let mut waited = until("the beats go on", Duration::from_secs(20));
    while waited(ticks(&db, PULSE).await.len() >= decided + 5).await {}
    for beat in &mut beats {
        beat.signal("-TERM");
        beat.ended_within(Duration::from_mins(1));
    }

    assert_all_ticks(&db, PULSE, 200).await;
    println!("{kills} kills of beats, {} ticks: 0 doubled, 0 missing", ticks(&db, PULSE).await.len());
    Ok(())
}

//! A process that works and is killed, repeatedly.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use behavior::{count, kind};
use signals::Db;

use crate::random::Random;
use crate::run::{Load, load};
use crate::settings::Settings;
use crate::{builder, prepared, report, verify};

/// What the process is to work on. Without it, nothing is to be done.
const URL: &str = "SIGNALS_LOAD_URL";
/// The name of the test that it runs.
const TEST: &str = "the_process_that_is_killed";

/// The number of changes so far.
const CHANGES: &str = "SELECT COUNT(*) FROM load_truth";

/// Works until it is killed.
pub async fn work_until_killed() {
    let Ok(url) = env::var(URL) else { return };
    let settings = Settings { seconds: 600, ..Settings::read() };
    let db = builder(&url, &settings).connect().await.unwrap();
    load(&db, &Load::of(&settings, "the process that is killed")).await;
}

/// Waits until there are more changes than before: a busy machine takes long to start a process. Returns whether there
/// are.
async fn changes_after(db: &Db, before: i64) -> bool {
    let until = Instant::now() + Duration::from_mins(1);
    while count(db, CHANGES).await <= before {
        if Instant::now() > until {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Starts a process, kills it at a random moment after its first change, and checks the state that it left. Repeats
/// this for the configured time.
///
/// # Panics
///
/// Panics if a check fails after one of the kills, or if none of them left a change.
pub async fn kill_again_and_again(url: &str, settings: &Settings) {
    let db = prepared(url, settings).await;
    let mut random = Random::new(settings.seed);
    let first = count(&db, CHANGES).await;
    let (mut kills, mut changes) = (0, first);
    let mut left = Duration::from_secs(settings.seconds);
    while !left.is_zero() {
        let alive = Duration::from_millis(300 + random.below(1200));
        left = left.saturating_sub(alive);
        let seed = random.below(1 << 32).to_string();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(URL, url)
            .env("SIGNALS_LOAD_SEED", &seed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let has_worked = changes_after(&db, changes).await;
        thread::sleep(alive);
        assert!(child.try_wait().unwrap().is_none(), "the process ended by itself, with the seed {seed}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(has_worked, "the process did nothing, with the seed {seed}");
        kills += 1;
        let wrong = verify::settled_after_a_kill(&db).await;
        let before = changes;
        changes = count(&db, CHANGES).await;
        let lines = [wrong.kept, wrong.told].concat().join("\n");
        let done = changes - before;
        assert!(
            lines.is_empty(),
            "after kill {kills} on {}, with the seed {seed} and {done} changes:\n{lines}",
            kind().name()
        );
    }
    report::note(&format!("killed processes on {}: {kills} kills, {changes} changes", kind().name()));
    assert!(changes - first > i64::from(kills), "the processes did nothing");
}

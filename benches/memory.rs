//! The peak memory of long work: of the whole process, including SQLite, beyond its memory at the start.
//!
//! `cargo bench --bench memory` runs it; `-- --quick` uses fewer rows. Each case has its own process, so that
//! no case benefits from memory of the one before. Without cargo's `--bench` each case runs once with few
//! rows. Only Linux reports the figures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark"
)]

#[path = "speed/families.rs"]
#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod families;

use std::fs;
use std::process::Command;

use families::{Counted, CountedChild, Family as _, Silent, SilentChild, Totaled};
use futures_util::TryStreamExt as _;
use signals::{Db, Model as _};

/// The work of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Case {
    ByHand,
    NoReceivers,
    EachRow,
    Sets,
    Stream,
    Update,
    Create,
}

impl Case {
    const ALL: [(Self, &str); 7] = [
        (Self::ByHand, "cascade, two DELETEs by hand"),
        (Self::NoReceivers, "cascade, no receivers"),
        (Self::EachRow, "cascade, a receiver of each row"),
        (Self::Sets, "cascade, a receiver of the set"),
        (Self::Stream, "stream of all rows"),
        (Self::Update, "update, a receiver of each row"),
        (Self::Create, "bulk_create of vectors of 1,000"),
    ];

    /// Fills the tables of the case.
    async fn prepare(self, db: &Db, rows: u32) -> i64 {
        let pool = db.sqlite().unwrap();
        match self {
            Self::ByHand | Self::NoReceivers | Self::Stream => Silent::fill(pool, rows).await,
            Self::EachRow | Self::Update => Counted::fill(pool, rows).await,
            Self::Sets => Totaled::fill(pool, rows).await,
            Self::Create => Counted::fill(pool, 0).await,
        }
    }

    async fn run(self, db: &Db, rows: u32) {
        match self {
            Self::ByHand => Silent::delete_by_hand(db.sqlite().unwrap(), 1).await,
            Self::NoReceivers => assert_eq!(Silent::delete(db, 1).await, u64::from(rows) + 1),
            Self::EachRow => assert_eq!(Counted::delete(db, 1).await, u64::from(rows) + 1),
            Self::Sets => assert_eq!(Totaled::delete(db, 1).await, u64::from(rows) + 1),
            Self::Stream => {
                let all = SilentChild::objects();
                assert_eq!(all.stream(db).try_fold(0, async |seen, _| Ok(seen + 1)).await.unwrap(), rows);
            }
            Self::Update => {
                let updated = CountedChild::objects().update(db, [CountedChild::SCORE.set(1.0)]).await;
                assert_eq!(updated.unwrap(), u64::from(rows));
            }
            Self::Create => {
                for _ in 0..rows / 1000 {
                    let child = || CountedChild { id: 0, parent_id: 1, name: "child".into(), score: 0.5 };
                    let mut children: Vec<_> = std::iter::repeat_with(child).take(1000).collect();
                    CountedChild::bulk_create(db, &mut children).await.unwrap();
                }
            }
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, url, rows] = args.as_slice()
        && flag == "--case"
    {
        let (case, _) = Case::ALL.into_iter().find(|(_, other)| other == name).unwrap();
        return one(case, url, rows.parse().unwrap());
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let sizes: &[u32] = match (has("--bench") && !has("--test"), has("--quick")) {
        (false, _) => &[3000],
        (true, true) => &[10_000, 100_000],
        (true, false) => &[10_000, 100_000, 1_000_000],
    };
    println!("The peak of memory beyond what the process had, by the number of rows");
    println!("{}", line("", sizes.iter().map(u32::to_string)));
    for (case, name) in Case::ALL {
        println!("{}", line(name, sizes.iter().map(|rows| in_a_process(case, name, *rows))));
    }
}

fn line(name: &str, figures: impl Iterator<Item = String>) -> String {
    figures.fold(format!("{name:<40}"), |line, figure| format!("{line}{figure:>14}"))
}

/// Runs a case on a new file and returns its output.
fn in_a_process(case: Case, name: &str, rows: u32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("memory.db").display());
    runtime().block_on(async {
        let db = Db::connect(&url).await.unwrap();
        db.create_tables().await.unwrap();
        case.prepare(&db, rows).await;
        db.close().await.unwrap();
    });
    let this = std::env::current_exe().unwrap();
    let done = Command::new(this).args(["--case", name, &url, &rows.to_string()]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs a case and prints the growth of the process.
fn one(case: Case, url: &str, rows: u32) {
    runtime().block_on(async {
        let db = Db::connect(url).await.unwrap();
        // The case does not count what the first statement of a program loads.
        SilentChild::objects().count(&db).await.unwrap();
        // The peak is reset to the memory in use now.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let before = kilobytes("VmRSS:");
        case.run(&db, rows).await;
        match (before, kilobytes("VmHWM:")) {
            (Some(before), Some(peak)) => print!("{:.1} MiB", f64::from(peak.saturating_sub(before)) / 1024.0),
            _ => print!("unknown"),
        }
    });
}

fn kilobytes(field: &str) -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

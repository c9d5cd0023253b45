//! Deletes of more rows than one statement allows, or than memory should hold.

use std::sync::atomic::{AtomicUsize, Ordering};

use signals::{Model, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{Log, count_in, db, execute, rows, sequence};

// E120: up to 2,000 rows, all parts of a large relation are deleted before its first post_delete. Beyond that
// it is sent part by part.
#[tokio::test]
async fn post_delete_comes_after_all_parts_of_a_model_are_gone() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "large_journal")]
    struct Journal {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "large_line")]
    struct Line {
        id: i64,
        #[model(references = Journal, on_delete = cascade)]
        journal_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Line)]
    async fn line(signal: &str, instance: &Line, tx: &Tx) -> Result<()> {
        let left = count_in(tx, "SELECT count(*) FROM large_line").await;
        LOG.note(format!("{signal} {} {left}", instance.id));
        Ok(())
    }
    let db = db().await;
    for (count, left_at_last) in [(2000, 0), (2001, 1536)] {
        let mut journal = Journal { id: 0 };
        journal.save(&db).await?;
        let lines = format!("SELECT i, {} FROM {}", journal.id, sequence(count));
        execute(&db, format!("INSERT INTO large_line (id, journal_id) {lines}")).await;
        assert_eq!(journal.delete(&db).await?.by_model()["Line"], u64::from(count));
        let heard = LOG.take();
        let count = usize::try_from(count).unwrap();
        assert_eq!(heard.len(), 2 * count);
        assert!((1..=count).all(|id| heard[id - 1] == format!("pre_delete {id} {count}")));
        assert_eq!(heard[count], format!("post_delete {count} {left_at_last}"));
        let ids: Vec<usize> =
            heard[count..].iter().map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect();
        assert!(ids.iter().copied().eq((1..=count).rev()));
        assert_eq!(heard[2 * count - 1], "post_delete 1 0");
    }
    Ok(())
}

/// Counts how many of it are alive at once.
#[derive(Debug)]
struct Alive;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

impl Default for Alive {
    fn default() -> Self {
        MOST.fetch_max(ALIVE.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

// E120: only few of the rows are in memory, however many there are.
#[tokio::test]
async fn of_twenty_thousand_rows_few_are_in_memory_at_once() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "large_hive")]
    struct Hive {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "large_bee")]
    struct Bee {
        id: i64,
        #[model(references = Hive, on_delete = cascade)]
        hive_id: i64,
        #[expect(dead_code, reason = "it counts as long as it lives")]
        #[model(skip)]
        alive: Alive,
    }
    static HEARD: AtomicUsize = AtomicUsize::new(0);
    #[receiver([pre_delete, post_delete], sender = Bee)]
    fn bee() {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }
    let db = db().await;
    let mut hive = Hive { id: 0 };
    hive.save(&db).await?;
    execute(&db, format!("INSERT INTO large_bee (id, hive_id) SELECT i, 1 FROM {}", sequence(20_000))).await;
    assert_eq!(hive.delete(&db).await?.by_model()["Bee"], 20_000);
    assert_eq!((HEARD.load(Ordering::Relaxed), rows(&db, "large_bee").await), (40_000, 0));
    let most = MOST.load(Ordering::Relaxed);
    assert!((100..=600).contains(&most), "{most}");
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    Ok(())
}

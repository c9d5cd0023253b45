//! A disk that is full.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use behavior::{Kind, kind};
use program::left_out;
use signals::{Db, Error, Model as _, Result};
use signals_test_tasks::shop::{Order, PULSE, settle};
use signals_test_tasks::{ticks, until, with_tables};
use tempfile::TempDir;

use crate::worker::Worker;

/// A small disk, which is unmounted when this is dropped.
struct Disk(TempDir);

impl Disk {
    /// Mounts a disk of 32 MiB, if this process may.
    fn mount() -> Option<Self> {
        let disk = Self(tempfile::Builder::new().prefix("signals").tempdir().unwrap());
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32m", "tmpfs"]).arg(disk.0.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(disk);
        }
        left_out("a worker on a full disk", "run the tests as a user that may mount a tmpfs");
        None
    }

    fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.0.path().join("shop.db").display())
    }

    /// Fills the disk with a file, which is removed by [`empty`](Self::empty).
    fn fill(&self) {
        let mut file = File::create(self.0.path().join("ballast")).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.0.path().join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

async fn place(db: &Db) -> Result<()> {
    let tx = db.begin().await?;
    let order = Order { id: 0, settled: 0 }.create(&tx).await?;
    settle::enqueue(&tx, order.id).await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_when_a_full_disk_has_space_again() -> Result<()> {
    if kind() != Kind::File {
        return Ok(()); // the disks of the servers are not those of this test
    }
    let Some(disk) = Disk::mount() else { return Ok(()) };
    let db = with_tables(Db::builder(disk.url()).acquire_timeout(Duration::from_secs(20)).connect().await?).await;
    let worker = Worker::start(&disk.url(), &["lease=60000", "with-beat"]);
    for _ in 0..50 {
        place(&db).await?;
    }
    disk.fill();
    let mut placed = 50;
    // What is left of the file's pages is used up first.
    let error = loop {
        match place(&db).await {
            Ok(()) => placed += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Database { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("database or disk is full"), "{text}");
    let mut waited = until("the worker logs it", Duration::from_mins(1));
    while waited(!worker.logged("database or disk is full").is_empty()).await {}

    disk.empty();
    place(&db).await?;
    placed += 1;
    let mut waited = until("every order is settled", Duration::from_mins(1));
    while waited(Order::objects().filter(Order::SETTLED.eq(1)).count(&db).await? == placed).await {}
    let before = ticks(&db, PULSE).await.len();
    while waited(ticks(&db, PULSE).await.len() > before + 5).await {}
    Ok(())
}

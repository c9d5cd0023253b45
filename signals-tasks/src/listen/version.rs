//! The version of a SQLite file, which changes with each commit of another connection.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use signals_core::db::Db;
use signals_core::error::{Error, Result};
use sqlx::pool::PoolConnection;
use sqlx::{Row as _, Sqlite, SqliteConnection};

use super::{Listener, Noticed};

/// The interval at which the files are looked at.
const INTERVAL: Duration = Duration::from_millis(10);
/// The time after a write during which the version is read at each look. Two writes soon after each other may have the
/// same time, because the clock of files has ticks of up to 10 ms.
const TICKS: Duration = Duration::from_millis(50);
/// The longest time between two reads of the version, for files whose times are coarse or late.
const UNREAD: Duration = Duration::from_millis(250);
/// The maximum duration of reading it.
const DEADLINE: Duration = Duration::from_secs(10);

/// Compares the version with the last one. To read it takes a statement, so it is read only if a file was written.
pub(super) struct Version {
    connection: PoolConnection<Sqlite>,
    last: i64,
    read: Instant,
    files: Files,
}

impl Version {
    pub(super) async fn open(own: &Db) -> Result<Self> {
        let mut connection = own.sqlite()?.acquire().await.map_err(Error::other)?;
        let files = Files::of(&mut connection).await?;
        let last = version(&mut connection).await?;
        Ok(Self { connection, last, read: Instant::now(), files })
    }

    /// Returns whether the version may have changed since it was read.
    fn is_due(&mut self) -> bool {
        self.files.were_written() || self.read.elapsed() >= UNREAD
    }
}

impl Listener for Version {
    fn changed(&mut self) -> BoxFuture<'_, Result<Noticed>> {
        Box::pin(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                if !self.is_due() {
                    continue;
                }
                self.read = Instant::now();
                let read = tokio::time::timeout(DEADLINE, version(&mut self.connection)).await;
                let now = read.map_err(|_elapsed| Error::other("reading the version of the file took too long"))??;
                if now != self.last {
                    self.last = now;
                    return Ok(Noticed::Changed);
                }
            }
        })
    }
}

/// The files to which commits are written: the database and, in WAL mode, its log.
struct Files {
    paths: [PathBuf; 2],
    /// Their lengths and times at the last look.
    seen: [Option<(u64, SystemTime)>; 2],
    /// The time at which these last differed.
    changed: Instant,
}

impl Files {
    async fn of(connection: &mut SqliteConnection) -> Result<Self> {
        let row = sqlx::query("SELECT file FROM pragma_database_list WHERE name = 'main'").fetch_one(connection);
        let database: String = row.await.and_then(|row| row.try_get(0)).map_err(Error::other)?;
        let log = format!("{database}-wal");
        Ok(Self { paths: [database.into(), log.into()], seen: [None; 2], changed: Instant::now() })
    }

    /// Returns whether one of them was written a moment ago.
    fn were_written(&mut self) -> bool {
        let seen = self.paths.each_ref().map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.len(), file.modified().ok()?))
        });
        // Windows may show the time of a write only after the file was closed. Without a time, a write cannot be seen.
        if seen != self.seen || seen == [None; 2] || cfg!(windows) {
            (self.seen, self.changed) = (seen, Instant::now());
        }
        self.changed.elapsed() < TICKS
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64> {
    let row = sqlx::query("PRAGMA data_version").fetch_one(connection).await.map_err(Error::other)?;
    row.try_get(0).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database in a folder of its own, which is deleted afterwards.
    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    async fn write(db: &Db) -> Result<()> {
        sqlx::query("INSERT INTO written VALUES (1)").execute(db.sqlite()?).await.map(drop).map_err(Error::other)
    }

    #[tokio::test]
    async fn each_commit_of_another_connection_is_noticed_soon_and_a_quiet_file_is_rarely_read() -> Result<()> {
        let folder = Folder(std::env::temp_dir().join(format!("signals-version-{}", uuid::Uuid::now_v7())));
        fs::create_dir_all(&folder.0).map_err(Error::other)?;
        let url = format!("sqlite://{}?mode=rwc", folder.0.join("version.db").display());
        let (own, other) = (Db::connect(&url).await?, Db::connect(&url).await?);
        sqlx::query("CREATE TABLE written (number INTEGER)").execute(other.sqlite()?).await.map_err(Error::other)?;
        let mut version = Version::open(&own).await?;
        // Pauses of 0 to 39 ms, so that some commits come in the same tick as the one before.
        let mut soon = 0;
        for number in 0..100_u64 {
            tokio::time::sleep(Duration::from_millis(number * 7 % 40)).await;
            write(&other).await?;
            let begin = Instant::now();
            let noticed = tokio::time::timeout(Duration::from_secs(10), version.changed()).await;
            assert!(noticed.is_ok(), "commit {number} was not noticed");
            soon += u32::from(begin.elapsed() < Duration::from_millis(200));
        }
        assert!(soon >= 50, "only {soon} commits were noticed before the next read of a quiet file");
        // A busy machine may take so long for ten looks that the version is read after that time.
        let (mut looks, mut tries) = (10, 0);
        while looks > 1 && tries < 20 {
            tokio::time::sleep(TICKS).await;
            looks = (0..10).map(|_| version.is_due()).filter(|is_due| *is_due).count();
            tries += 1;
        }
        assert!(looks <= 1 || cfg!(windows), "{looks}");
        drop(version);
        own.close().await?;
        other.close().await
    }
}

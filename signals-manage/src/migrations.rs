//! The folder of migrations and its files, as sqlx reads them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use signals_core::db::Db;
use signals_core::error::Error;
use signals_schema::migration::Script;
use signals_tasks::with_causes;
use sqlx::migrate::Migrator;

use crate::exit::{Exit, Failure};

/// Where migrations are.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FolderArgs {
    /// The folder of migrations. If it has a folder `sqlite`, `postgres` or `mysql` for the database, it is that one
    #[arg(long, value_name = "FOLDER", default_value = "migrations")]
    dir: PathBuf,
}

impl FolderArgs {
    /// Returns the folder for a database.
    pub(crate) fn of(&self, db: &Db) -> Folder {
        let own = self.dir.join(folder_name(db));
        Folder(if own.is_dir() { own } else { self.dir.clone() })
    }

    /// Returns the folder for one of several databases.
    pub(crate) fn own_of(&self, db: &Db) -> Folder {
        Folder(self.dir.join(folder_name(db)))
    }
}

/// Returns the name of the folder for a kind of database.
fn folder_name(db: &Db) -> &'static str {
    match db.backend().to_string().to_lowercase().as_str() {
        "sqlite" => "sqlite",
        "postgresql" | "postgres" => "postgres",
        _ => "mysql",
    }
}

/// A folder of migrations.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the migrations. A folder that does not exist has none.
    pub(crate) async fn migrator(&self) -> Result<Migrator, Failure> {
        if !self.0.exists() {
            return Ok(Migrator::with_migrations(Vec::new()));
        }
        let failed = |error| {
            let error = with_causes(&Error::other(error));
            Failure::Ended(Exit::Failed, format!("the migrations in {} cannot be read: {error}", self.0.display()))
        };
        Migrator::new(self.0.as_path()).await.map_err(failed)
    }

    /// Returns the file of this version, or of the greatest one.
    pub(crate) fn file(&self, version: Option<i64>, is_down: bool) -> Option<PathBuf> {
        let files = fs::read_dir(&self.0).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        let is_wanted = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let of_sql = name.strip_suffix(".sql");
            of_sql.is_some_and(|name| name.strip_suffix(".down").is_some() == is_down)
        };
        let versions = files.filter(is_wanted).filter_map(|path| Some((version_of(&path)?, path)));
        let chosen = versions.filter(|(own, _)| version.is_none_or(|version| version == *own));
        chosen.max_by_key(|(version, _)| *version).map(|(_, path)| path)
    }

    /// Returns the files of scripts, with their texts.
    pub(crate) fn files(&self, scripts: &[Script], name: &str, greatest: Option<i64>) -> Vec<(PathBuf, String)> {
        let first = now().max(greatest.map_or(0, |greatest| greatest + 1));
        let file = |(version, script): (i64, &Script)| {
            let path = |end: &str| self.0.join(format!("{version}_{name}{}.{end}.sql", script.suffix));
            [(path("up"), script.up.clone()), (path("down"), script.down.clone())]
        };
        (first..).zip(scripts).flat_map(file).collect()
    }
}

/// Writes all files or none. A migration that can be applied has its reversal beside it.
pub(crate) fn write(files: &[&(PathBuf, String)]) -> Result<(), Failure> {
    let mut written = Vec::new();
    let outcome = write_each(files, &mut written);
    if outcome.is_err() {
        for path in written {
            // The first error says why.
            drop(fs::remove_file(path));
        }
    }
    outcome
        .map_err(|(path, error)| Failure::Ended(Exit::Failed, format!("{} cannot be written: {error}", path.display())))
}

/// Writes the files under other names, which sqlx does not read, and then gives them their own: those of reversals
/// first.
fn write_each(files: &[&(PathBuf, String)], written: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let temporary = |path: &Path| path.with_extension("sql.tmp");
    for (path, text) in files {
        prepare_folder(path).map_err(|error| (path.clone(), error))?;
        written.push(temporary(path));
        fs::write(temporary(path), text).map_err(|error| (path.clone(), error))?;
    }
    let is_down = |path: &Path| path.to_string_lossy().ends_with(".down.sql");
    let paths: Vec<&PathBuf> = files.iter().map(|(path, _)| path).collect();
    let (downs, ups): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.into_iter().partition(|path| is_down(path));
    for path in downs.into_iter().chain(ups) {
        fs::rename(temporary(path), path).map_err(|error| (path.clone(), error))?;
        written.push(path.clone());
    }
    Ok(())
}

/// Makes the folder of a file, and in it a `.gitattributes`: sqlx refuses a migration whose line ends were changed.
fn prepare_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    let attributes = folder.join(".gitattributes");
    if attributes.exists() { Ok(()) } else { fs::write(attributes, "*.sql text eol=lf\n") }
}

/// Returns the version of a file.
fn version_of(path: &Path) -> Option<i64> {
    path.file_name()?.to_str()?.split_once('_')?.0.parse().ok()
}

/// Returns the present second as sqlx writes it in a version, such as 20260101120000.
fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    version_at(i64::try_from(seconds).unwrap_or_default())
}

/// Returns the version of a second since 1970, in UTC.
fn version_at(seconds: i64) -> i64 {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // A year of this calendar begins in March, so that its leap day is the last one.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    ((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{version_at, write};

    #[test]
    fn an_error_leaves_no_file() {
        let folder = std::env::temp_dir().join(format!("signals-write-{}", std::process::id()));
        let file = |name: &str| (folder.join(name), String::new());
        // The last name is that of a folder.
        let files = [file("1_a.up.sql"), file("1_a.down.sql"), file("2_b.up.sql")];
        let is_made = std::fs::create_dir_all(folder.join("2_b.up.sql").join("inner"));
        let outcome = write(&files.iter().collect::<Vec<_>>());
        let names = |entry: std::io::Result<std::fs::DirEntry>| entry.ok().map(|it| it.file_name());
        let left: Vec<PathBuf> =
            std::fs::read_dir(&folder).into_iter().flatten().filter_map(names).map(PathBuf::from).collect();
        drop(std::fs::remove_dir_all(&folder));
        assert!(is_made.is_ok() && outcome.is_err());
        assert_eq!(left.iter().filter(|name| name.extension().is_some_and(|it| it == "sql" || it == "tmp")).count(), 1);
    }

    #[test]
    fn a_version_is_the_second_in_utc() {
        assert_eq!(version_at(0), 19_700_101_000_000);
        assert_eq!(version_at(951_782_399), 20_000_228_235_959);
        assert_eq!(version_at(951_782_400), 20_000_229_000_000);
        assert_eq!(version_at(1_767_225_599), 20_251_231_235_959);
        assert_eq!(version_at(1_767_268_800), 20_260_101_120_000);
    }
}

//! `makemigrations`, `sqlmigrate` and `migrate`.

use std::fs;
use std::path::Path;

use behavior::{Kind, execute, kind, texts, url};
use signals::manage::Exit;
use signals::{Db, Model, Result};
use tempfile::TempDir;

use super::{Printed, command};

#[derive(Debug, Model)]
#[model(table = "migrated_note")]
struct Note {
    id: i64,
    #[model(index, sql_type = "VARCHAR(80)")]
    title: String,
    #[model(was = "mail")]
    email: Option<String>,
    body: Option<String>,
}

/// A database, and a folder of migrations.
struct Project {
    db: Db,
    dir: TempDir,
}

impl Project {
    async fn new() -> Result<Self> {
        Ok(Self { db: Db::connect(&url().await).await?, dir: TempDir::new().unwrap() })
    }

    /// A database with all tables, which a migration made.
    async fn migrated() -> Result<Self> {
        let project = Self::new().await?;
        project.run("makemigrations init").await.out_with_notes();
        project.run("migrate").await.out_with_notes();
        Ok(project)
    }

    async fn run(&self, words: &str) -> Printed {
        command(&self.db, &format!("{words} --dir {}", self.dir.path().join("migrations").display())).await
    }

    /// Returns the names of the files of migrations, in their order.
    fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.dir.path().join("migrations")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> =
            names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "sql")).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join("migrations").join(name)).unwrap()
    }
}

impl Printed {
    #[track_caller]
    fn out_with_notes(self) -> String {
        assert_eq!(self.exit, Exit::Success, "{self:?}");
        self.out
    }
}

#[tokio::test]
async fn makemigrations_writes_what_migrate_applies() -> Result<()> {
    let project = Project::new().await?;
    assert_eq!(
        project.run("makemigrations --check").await.error(Exit::Problems),
        "a migration is missing: run `makemigrations`"
    );
    assert!(project.run("makemigrations --dry-run").await.out().contains("CREATE TABLE"));
    assert!(project.files().is_empty());

    let written = project.run("makemigrations init").await.out_with_notes();
    assert_eq!(written.lines().count(), 2, "{written}");
    let files = project.files();
    assert!(files[0].ends_with("_init.down.sql") && files[1].ends_with("_init.up.sql"), "{files:?}");
    assert_eq!(project.read(".gitattributes"), "*.sql text eol=lf\n");
    assert!(!project.read(&files[1]).contains('\r'));

    let error = project.run("makemigrations").await.error(Exit::Undecided);
    assert!(error.ends_with(" init is not applied; run `migrate` first"), "{error}");
    assert_eq!(project.run("migrate --check").await.error(Exit::Problems), "1 migration is pending");
    assert!(project.run("sqlmigrate latest").await.out().contains("CREATE TABLE"));
    assert!(project.run("sqlmigrate latest --down").await.out().contains("DROP TABLE"));
    assert_eq!(project.run("sqlmigrate 7").await.exit, Exit::Missing);

    let migrated = project.run("migrate").await;
    assert!(migrated.err.starts_with("1 of 1: applied 2"), "{migrated:?}");
    assert_eq!(migrated.out, "1 migration was applied\n");
    assert_eq!(project.run("migrate").await.out(), "no pending migrations\n");
    assert_eq!(project.run("migrate --check").await.out(), "no pending migrations\n");
    assert_eq!(project.run("makemigrations --check").await.out(), "no changes\n");
    assert_eq!(command(&project.db, "check --database").await.out(), "no problems\n");
    Ok(())
}

#[tokio::test]
async fn a_rename_keeps_values_and_a_later_version_follows() -> Result<()> {
    let project = Project::migrated().await?;
    execute(&project.db, "ALTER TABLE migrated_note RENAME COLUMN email TO mail").await;
    execute(&project.db, "ALTER TABLE migrated_note DROP COLUMN body").await;
    execute(&project.db, "INSERT INTO migrated_note (title, mail) VALUES ('a', 'b')").await;
    let written = project.run("makemigrations").await.out_with_notes();
    assert!(written.contains("rename_column_mail_of_migrated_note_to_email_and_more.up.sql"), "{written}");
    let files = project.files();
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files[0].ends_with("_init.down.sql"), "the new version is the greatest: {files:?}");
    project.run("migrate").await.out_with_notes();
    assert_eq!(project.run("makemigrations --check").await.out(), "no changes\n");
    let note = Note::objects().get(&project.db).await?;
    assert_eq!((note.email.as_deref(), note.body), (Some("b"), None));
    Ok(())
}

#[tokio::test]
async fn what_loses_data_is_not_written_without_a_decision() -> Result<()> {
    let project = Project::migrated().await?;
    execute(&project.db, "ALTER TABLE migrated_note ADD COLUMN extra INTEGER NULL").await;
    let error = project.run("makemigrations").await.error(Exit::Undecided);
    assert!(error.contains("the column `extra` of `migrated_note` is dropped with its values"), "{error}");
    assert!(error.contains("add `--allow-data-loss`"), "{error}");
    assert_eq!(project.files().len(), 2);
    let keep = "makemigrations --keep migrated_note.extra --keep migrated_note.extra";
    assert_eq!(project.run(keep).await.out(), "no changes\n", "twice is as good as once");
    assert!(project.run("makemigrations --allow-data-loss --dry-run").await.out().contains("DROP COLUMN"));

    // Nobody can answer whether it was renamed.
    let text = if kind() == Kind::Mysql { "LONGTEXT" } else { "TEXT" };
    execute(&project.db, format!("ALTER TABLE migrated_note ADD COLUMN content {text} NULL")).await;
    execute(&project.db, "ALTER TABLE migrated_note DROP COLUMN body").await;
    let error = project.run("makemigrations --allow-data-loss").await.error(Exit::Undecided);
    assert!(error.contains("was the column `content` of `migrated_note` renamed to `body`?"), "{error}");
    assert!(error.contains("#[model(was = \"content\")]") && error.contains("--no-renames"), "{error}");
    assert_eq!(project.files().len(), 2);
    project.run("makemigrations --allow-data-loss --no-renames").await.out_with_notes();
    assert_eq!(project.files().len(), 4);
    project.run("migrate").await.out_with_notes();
    assert_eq!(project.run("makemigrations --check").await.out(), "no changes\n");
    Ok(())
}

#[tokio::test]
async fn an_index_is_created_beside_other_writes_if_it_is_asked_for() -> Result<()> {
    if kind() != Kind::Postgres {
        return Ok(());
    }
    let project = Project::migrated().await?;
    let index = "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE indexname LIKE 'migrated_note%title%' AND schemaname = current_schema()";
    let index = texts(&project.db, index).await.remove(0);
    execute(&project.db, format!("DROP INDEX {index}")).await;
    let plain = project.run("makemigrations --dry-run").await.out();
    assert!(plain.contains("CREATE INDEX") && !plain.contains("CONCURRENTLY"), "{plain}");
    project.run("makemigrations --concurrently").await.out_with_notes();
    let files = project.files();
    let up = files.iter().filter(|name| name.ends_with("up.sql")).nth(1).expect("a second migration");
    let text = project.read(up);
    assert!(text.starts_with("-- no-transaction\n") && text.contains("CREATE INDEX CONCURRENTLY"), "{text}");
    project.run("migrate").await.out_with_notes();
    assert_eq!(project.run("makemigrations --check").await.out(), "no changes\n");
    Ok(())
}

#[tokio::test]
async fn a_version_below_the_greatest_is_a_warning() -> Result<()> {
    let project = Project::migrated().await?;
    let old = project.dir.path().join("migrations").join("1_late.sql");
    fs::write(old, "CREATE TABLE migrated_late (id INTEGER)").unwrap();
    let migrated = project.run("migrate").await;
    assert!(
        migrated.err.starts_with("warning: migration 1 late is older than the last one that is applied\n"),
        "{migrated:?}"
    );
    assert_eq!(migrated.out, "1 migration was applied\n");
    // A table without a model stays.
    assert_eq!(project.run("makemigrations").await.out(), "no changes\n");
    let drop = "makemigrations --drop-table migrated_late --drop-table migrated_late --dry-run";
    let dropped = project.run(drop).await.out();
    assert_eq!(dropped.matches("DROP TABLE").count(), 1, "{dropped}");
    Ok(())
}

#[tokio::test]
async fn several_databases_have_their_own_folders() -> Result<()> {
    let project = Project::new().await?;
    let other = project.dir.path().join("other.db");
    let (own, other) = (url().await, format!("sqlite://{}?mode=rwc", other.display()));
    let printed = project.run(&format!("makemigrations init --database {own} --database {other}")).await;
    let folder = project.dir.path().join("migrations");
    if matches!(kind(), Kind::Memory | Kind::File) {
        assert_eq!(printed.error(Exit::Usage), "two of the databases are SQLite: give one of each kind");
        return Ok(());
    }
    printed.out_with_notes();
    assert!(folder.join("sqlite").join(".gitattributes").exists());
    assert!(folder.join(if kind() == Kind::Mysql { "mysql" } else { "postgres" }).exists());
    Ok(())
}

#[tokio::test]
async fn no_database_gets_files_if_one_of_several_cannot() -> Result<()> {
    if matches!(kind(), Kind::Memory | Kind::File) {
        return Ok(());
    }
    let project = Project::new().await?;
    let other = format!("sqlite://{}?mode=rwc", project.dir.path().join("other.db").display());
    let sqlite = Db::connect(&other).await?;
    let extra = sqlx::raw_sql("CREATE TABLE migrated_note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, extra TEXT)");
    extra.execute(sqlite.sqlite()?).await.unwrap();
    sqlite.close().await?;
    let printed = project.run(&format!("makemigrations init --database {} --database {other}", url().await)).await;
    assert!(printed.error(Exit::Undecided).contains("the column `extra`"));
    assert!(!project.dir.path().join("migrations").exists());
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_not_there_is_an_error() -> Result<()> {
    let project = Project::migrated().await?;
    for (words, expected) in [
        ("--keep migrated_note.extr", "there is no column `extr` of `migrated_note` to keep"),
        ("--drop-table migrated_not", "there is no table `migrated_not` to drop"),
    ] {
        let error = project.run(&format!("makemigrations {words}")).await.error(Exit::Undecided);
        assert!(error.starts_with(expected), "{error}");
    }
    Ok(())
}

//! `pre_migrate` and `post_migrate`. Their receivers get the signals of every database of this binary, so
//! each checks `using` first.

use std::path::Path;
use std::time::{Duration, Instant};

use signals::migrate::{PlannedMigration, post_migrate, pre_migrate};
use signals::{Db, Error, Model, Result, receiver};
use signals_test_behavior::{Kind, Log, Refused, capture, execute, execute_in, kind, refused, rows, texts, url};
use sqlx::migrate::{MigrateError, Migrator};
use tempfile::TempDir;

/// A database of this name, without tables.
async fn empty(name: &str) -> Db {
    Db::builder(&url().await).name(name).busy_timeout(Duration::from_mins(2)).connect().await.unwrap()
}

/// A folder of migrations, made at run time.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Adds a migration, or changes one.
    fn put(self, name: &str, sql: &str) -> Self {
        std::fs::write(self.0.path().join(name), sql).unwrap();
        self
    }

    fn remove(self, name: &str) -> Self {
        std::fs::remove_file(self.0.path().join(name)).unwrap();
        self
    }

    async fn migrator(&self) -> Migrator {
        let path: &Path = self.0.path();
        Migrator::new(path).await.unwrap()
    }
}

fn failed(error: &Error) -> &MigrateError {
    let Error::Migration { source, .. } = error else { panic!("not of a migration: {error}") };
    source
}

async fn tables(db: &Db) -> Vec<String> {
    let names = match kind() {
        Kind::Memory | Kind::File => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Kind::Postgres => "SELECT tablename::TEXT AS name FROM pg_tables WHERE schemaname = current_schema()",
        Kind::Mysql => "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
    };
    texts(db, format!("SELECT name FROM ({names}) AS names WHERE name LIKE 'migrating%' ORDER BY name")).await
}

// G146, G149, G152: the plan, the versions applied before and after, the database and its name. Live models
// cannot be used in pre_migrate for sure, so the receiver gets the database and not an old state of the
// models.
#[tokio::test]
async fn receivers_get_the_plan_the_applied_versions_and_the_database() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(pre_migrate)]
    async fn note_before(plan: &[PlannedMigration], applied: &[i64], using: &str, db: &Db, signal: &str) {
        if using == "migrating.payload" {
            let plan: Vec<String> = plan.iter().map(|one| format!("{}={}", one.version, one.description)).collect();
            LOG.note(format!("{signal} {plan:?} {applied:?} {} {:?}", db.name(), tables(db).await));
        }
    }
    #[receiver(post_migrate)]
    async fn note_after(event: &signals::migrate::PostMigrate<'_>) {
        if event.using == "migrating.payload" {
            let plan: Vec<String> = event.plan.iter().map(ToString::to_string).collect();
            let tables = tables(&event.db).await;
            LOG.note(format!("{} {plan:?} {:?} {} {tables:?}", event.signal, event.applied, event.db.name()));
        }
    }

    let db = empty("migrating.payload").await;
    let folder = Folder::new()
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)")
        .put("2_b_and_c.sql", "CREATE TABLE migrating_b (id INTEGER); CREATE TABLE migrating_c (id INTEGER)");
    db.migrate(&folder.migrator().await).await?;
    let name = "migrating.payload";
    assert_eq!(
        LOG.take(),
        [
            format!(r#"pre_migrate ["1=a", "2=b and c"] [] {name} []"#),
            format!(r#"post_migrate ["1 a", "2 b and c"] [1, 2] {name} ["migrating_a", "migrating_b", "migrating_c"]"#),
        ]
    );

    let folder = folder.put("3_no_c.sql", "DROP TABLE migrating_c");
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(
        LOG.take(),
        [
            format!(r#"pre_migrate ["3=no c"] [1, 2] {name} ["migrating_a", "migrating_b", "migrating_c"]"#),
            format!(r#"post_migrate ["3 no c"] [1, 2, 3] {name} ["migrating_a", "migrating_b"]"#),
        ]
    );
    Ok(())
}

// G147, G148: one send for each call and none for each app, because a migrator has no apps. There is no
// sender.
#[tokio::test]
async fn each_signal_is_sent_once_for_each_call() -> Result<()> {
    static LOG: Log = Log::new();
    let name = "migrating.once";
    let _before = pre_migrate.connect_scoped("migrating.once.before", move |event| {
        if event.using == name { LOG.record("before") } else { Ok(()) }
    })?;
    let _after = post_migrate.connect_scoped("migrating.once.after", move |event| {
        if event.using == name { LOG.record("after") } else { Ok(()) }
    })?;
    let folder = Folder::new()
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)")
        .put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER)")
        .put("3_c.sql", "CREATE TABLE migrating_c (id INTEGER)");
    empty(name).await.migrate(&folder.migrator().await).await?;
    assert_eq!(LOG.take(), ["before", "after"]);
    Ok(())
}

// G149: an inconsistent state is reported before any receiver is called, as the migrator's own error.
#[tokio::test]
async fn the_plan_is_checked_before_pre_migrate_is_sent() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(pre_migrate)]
    fn note_checked(using: &str) {
        if using == "migrating.checked" {
            LOG.note("sent");
        }
    }
    let db = empty("migrating.checked").await;
    let folder = Folder::new()
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)")
        .put("3_c.sql", "CREATE TABLE migrating_c (id INTEGER)");
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(LOG.take(), ["sent"]);

    // A pending one comes before the changed one, and is not applied either.
    let folder = folder.put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER)").put("3_c.sql", "SELECT 1");
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert!(matches!(failed(&error), MigrateError::VersionMismatch(3)), "{error}");
    let told =
        "migrating database `migrating.checked` failed: migration 3 was previously applied but has been modified";
    assert_eq!(error.to_string(), told);

    let folder = folder.remove("3_c.sql");
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert!(matches!(failed(&error), MigrateError::VersionMissing(3)), "{error}");

    execute(&db, "UPDATE _sqlx_migrations SET success = false WHERE version = 1").await;
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert!(matches!(failed(&error), MigrateError::Dirty(1)), "{error}");

    assert!(LOG.take().is_empty());
    assert_eq!(tables(&db).await, ["migrating_a", "migrating_c"]);
    Ok(())
}

// A migrator that ignores missing versions is not checked further here.
#[tokio::test]
async fn the_migrators_own_settings_are_followed() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(post_migrate)]
    fn note_settings(using: &str, applied: &[i64]) {
        if using == "migrating.settings" {
            LOG.note(format!("{applied:?}"));
        }
    }
    let db = empty("migrating.settings").await;
    let folder = Folder::new().put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    let settings = |migrator: &mut Migrator| {
        migrator.dangerous_set_table_name("migrating_versions");
        migrator.set_ignore_missing(true);
    };
    let mut migrator = folder.migrator().await;
    settings(&mut migrator);
    db.migrate(&migrator).await?;

    let folder = folder.remove("1_a.sql").put("2_b.up.sql", "CREATE TABLE migrating_b (id INTEGER)");
    let folder = folder.put("2_b.down.sql", "DROP TABLE migrating_b");
    let mut migrator = folder.migrator().await;
    settings(&mut migrator);
    db.migrate(&migrator).await?;
    assert_eq!(LOG.take(), ["[1]", "[1, 2]"]);
    assert_eq!(tables(&db).await, ["migrating_a", "migrating_b", "migrating_versions"]);
    Ok(())
}

// G150: an empty plan is still a plan. There is no --fake and no --plan.
#[tokio::test]
async fn both_signals_are_sent_when_nothing_is_pending() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver([pre_migrate, post_migrate])]
    fn note_empty(plan: &[PlannedMigration], applied: &[i64], using: &str, signal: &str) {
        if using == "migrating.empty" {
            LOG.note(format!("{signal} {} {applied:?}", plan.len()));
        }
    }
    let db = empty("migrating.empty").await;
    let folder = Folder::new();
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(LOG.take(), ["pre_migrate 0 []", "post_migrate 0 []"]);

    let folder = folder.put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    db.migrate(&folder.migrator().await).await?;
    db.migrate(&folder.migrator().await).await?;
    let last = LOG.take().split_off(2);
    assert_eq!(last, ["pre_migrate 0 [1]", "post_migrate 0 [1]"]);
    Ok(())
}

// G151: migrations before the failed one stay, as in sqlx.
#[tokio::test]
async fn a_failing_migration_means_no_post_migrate() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver([pre_migrate, post_migrate])]
    fn note_failing(using: &str, signal: &str) {
        if using == "migrating.failing" {
            LOG.note(signal);
        }
    }
    let db = empty("migrating.failing").await;
    let folder = Folder::new()
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)")
        .put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER); INSERT INTO migrating_nowhere VALUES (1)")
        .put("3_c.sql", "CREATE TABLE migrating_c (id INTEGER)");
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert!(matches!(failed(&error), MigrateError::ExecuteMigration(_, 2)), "{error}");
    assert!(error.find::<sqlx::Error>().is_some(), "the database's own error is a source: {error}");
    assert_eq!(LOG.take(), ["pre_migrate"]);
    if kind() == Kind::Mysql {
        // A statement that defines a table commits itself, and sqlx needs a confirmation of a check.
        assert_eq!(tables(&db).await, ["migrating_a", "migrating_b"]);
        let error = db.migrate(&folder.migrator().await).await.unwrap_err();
        assert!(matches!(failed(&error), MigrateError::Dirty(2)), "{error}");
        assert!(LOG.take().is_empty());
        execute(&db, "DROP TABLE migrating_b; DELETE FROM _sqlx_migrations WHERE version = 2").await;
    }
    assert_eq!(tables(&db).await, ["migrating_a"]);

    let folder = folder.put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER)");
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(LOG.take(), ["pre_migrate", "post_migrate"]);
    assert_eq!(tables(&db).await, ["migrating_a", "migrating_b", "migrating_c"]);
    Ok(())
}

/// The migrator's lock belongs to its session. A session returned to the pool would block all other
/// migrators.
#[tokio::test]
async fn a_migration_that_is_dropped_leaves_no_lock() -> Result<()> {
    let db = empty("migrating.dropped").await;
    let wait = match kind() {
        Kind::Memory | Kind::File => "SELECT 1",
        Kind::Postgres => "SELECT pg_sleep(0.3)",
        Kind::Mysql => "DO SLEEP(0.3)",
    };
    let folder = Folder::new().put("1_a.sql", wait).put("2_b.sql", "CREATE TABLE migrating_a (id INTEGER)");
    let migrator = folder.migrator().await;
    for pause in [0, 1, 5, 20, 100, 200] {
        drop(tokio::time::timeout(Duration::from_millis(pause), db.migrate(&migrator)).await);
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        let outcome = tokio::time::timeout(Duration::from_mins(1), db.migrate(&migrator)).await;
        match outcome.expect("nobody holds the lock") {
            Ok(()) => {
                assert_eq!(tables(&db).await, ["migrating_a"]);
                return Ok(());
            }
            // A migration that was dropped there must be checked by hand.
            Err(error) if kind() == Kind::Mysql && matches!(failed(&error), MigrateError::Dirty(_)) => return Ok(()),
            // The server may still be at what was dropped.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("it never goes on");
}

// G151: a migration without a transaction may have begun its own. No later call gets that transaction.
#[tokio::test]
async fn a_connection_that_a_failed_migration_left_open_is_rolled_back() -> Result<()> {
    let db = empty("migrating.left_open").await;
    execute(&db, "CREATE TABLE migrating_a (name TEXT)").await;
    let folder = Folder::new().put(
        "1_a.sql",
        "-- no-transaction\nBEGIN; INSERT INTO migrating_a VALUES ('left'); INSERT INTO migrating_nowhere VALUES (1); COMMIT",
    );
    db.migrate(&folder.migrator().await).await.unwrap_err();
    let tx = db.begin().await?;
    execute_in(&tx, "INSERT INTO migrating_a VALUES ('after')").await;
    tx.commit().await?;
    assert_eq!(texts(&db, "SELECT name FROM migrating_a").await, ["after"]);
    Ok(())
}

// G151: the first receiver that fails is the last one called, and no migration is applied.
#[tokio::test]
async fn a_failing_pre_migrate_receiver_stops_before_any_migration() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(pre_migrate, priority = 1)]
    fn refuse(using: &str) -> Result<(), Refused> {
        if using == "migrating.refused" { Err(Refused("not on a Friday")) } else { Ok(()) }
    }
    #[receiver(pre_migrate, priority = 2)]
    fn note_too_late(using: &str) {
        if using == "migrating.refused" {
            LOG.note("pre");
        }
    }
    #[receiver(post_migrate)]
    fn note_refused(using: &str) {
        if using == "migrating.refused" {
            LOG.note("post");
        }
    }
    let db = empty("migrating.refused").await;
    let folder = Folder::new().put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert_eq!(refused(&error), Some("not on a Friday"));
    let Error::Receiver(failure) = &error else { panic!("{error}") };
    assert_eq!((failure.step.signal, failure.step.sender), ("pre_migrate", "pre_migrate"));
    assert!(LOG.take().is_empty());
    assert!(tables(&db).await.is_empty());
    Ok(())
}

// G151: in Django too nothing is undone after the migrations.
#[tokio::test]
async fn a_failing_post_migrate_receiver_is_told_and_the_migrations_stay() -> Result<()> {
    #[receiver(post_migrate)]
    fn refuse(using: &str) -> Result<(), Refused> {
        if using == "migrating.told" { Err(Refused("no roles")) } else { Ok(()) }
    }
    let db = empty("migrating.told").await;
    let folder = Folder::new().put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    let error = db.migrate(&folder.migrator().await).await.unwrap_err();
    assert_eq!(refused(&error), Some("no roles"));
    assert!(matches!(error, Error::Receiver(_)));
    assert_eq!(tables(&db).await, ["migrating_a"]);
    Ok(())
}

// G153: receivers share the slice. It is what was planned, in both.
#[tokio::test]
async fn the_plan_is_the_same_before_and_after() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver([pre_migrate, post_migrate], uid = "migrating.same")]
    fn note_plan(plan: &[PlannedMigration], using: &str) {
        if using == "migrating.same" {
            LOG.note(format!("{plan:?}"));
        }
    }
    let folder = Folder::new()
        .put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER)")
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    empty("migrating.same").await.migrate(&folder.migrator().await).await?;
    let both = LOG.take();
    assert_eq!(both[0], both[1]);
    assert!(both[0].contains("version: 1"), "{}", both[0]);
    assert!(both[0].find("version: 1") < both[0].find("version: 2"), "{}", both[0]);
    Ok(())
}

// G155: the writes of a receiver stay, whatever happens after it. With `db` it can do everything that an
// application can.
#[tokio::test]
async fn no_transaction_is_around_migrations_and_receivers() -> Result<()> {
    #[derive(Model)]
    #[model(table = "migrating_role")]
    struct Role {
        id: i64,
        name: String,
    }
    #[receiver(pre_migrate)]
    async fn prepare(db: &Db, using: &str) {
        if using == "migrating.autocommit" {
            execute(db, "CREATE TABLE IF NOT EXISTS migrating_prepared (id INTEGER)").await;
        }
    }
    #[receiver(post_migrate)]
    async fn make_roles(db: &Db, using: &str) -> Result<()> {
        if using == "migrating.autocommit" {
            Role { id: 0, name: "admin".into() }.save(db).await?;
            db.atomic(|tx| async move { Role { id: 0, name: "guest".into() }.save(&tx).await }).await?;
        }
        Ok(())
    }
    let db = empty("migrating.autocommit").await;
    let folder = Folder::new().put("1_a.sql", "INSERT INTO migrating_nowhere VALUES (1)");
    db.migrate(&folder.migrator().await).await.unwrap_err();
    assert_eq!(tables(&db).await, ["migrating_prepared"]);

    let key = match kind() {
        Kind::Memory | Kind::File => "INTEGER PRIMARY KEY",
        Kind::Postgres => "BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY",
        Kind::Mysql => {
            // sqlx needs a confirmation that the failed migration was checked.
            execute(&db, "DELETE FROM _sqlx_migrations").await;
            "BIGINT PRIMARY KEY AUTO_INCREMENT"
        }
    };
    let folder = folder.put("1_a.sql", &format!("CREATE TABLE migrating_role (id {key}, name TEXT NOT NULL)"));
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(rows(&db, "migrating_role").await, 2);
    Ok(())
}

// G156: progress is logged through tracing, and not printed.
#[tokio::test]
async fn each_applied_migration_is_an_event() -> Result<()> {
    let db = empty("migrating.progress").await;
    let folder = Folder::new()
        .put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)")
        .put("2_b.sql", "CREATE TABLE migrating_b (id INTEGER)");
    let migrator = folder.migrator().await;
    let (log, _guard) = capture();
    db.migrate(&migrator).await?;
    let lines = log.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, (version, description)) in lines.iter().zip([(1, "a"), (2, "b")]) {
        assert!(line.starts_with("INFO"), "{line}");
        assert!(line.contains("message=a migration was applied"), "{line}");
        assert!(line.contains(&format!("version={version}")), "{line}");
        assert!(line.contains(&format!("description=\"{description}\"")), "{line}");
        assert!(line.contains("elapsed="), "{line}");
    }
    db.migrate(&migrator).await?;
    assert!(log.take().is_empty());
    Ok(())
}

// Nothing is imported: the binary contains its receivers and its migrations.
#[tokio::test]
async fn migrations_may_be_compiled_in() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(post_migrate)]
    fn note_compiled(plan: &[PlannedMigration], using: &str) {
        if using == "migrating.compiled" {
            LOG.note(plan.iter().map(|one| one.description.as_str()).collect::<Vec<_>>().join(", "));
        }
    }
    let db = empty("migrating.compiled").await;
    db.migrate(&sqlx::migrate!("./migrations")).await?;
    assert_eq!(LOG.take(), ["make shelves, fill shelves"]);
    assert_eq!(rows(&db, "migrating_shelf").await, 2);
    Ok(())
}

// In a file and on servers there are several connections. A robust receiver's failure is only logged.
#[tokio::test]
async fn a_robust_receiver_of_migrations_stops_nothing() -> Result<()> {
    #[receiver([pre_migrate, post_migrate], robust)]
    fn stumble(using: &str) -> Result<(), Refused> {
        if using == "migrating.robust" { Err(Refused("never mind")) } else { Ok(()) }
    }
    let dir = TempDir::new().unwrap();
    let url = match kind() {
        Kind::Memory => format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display()),
        _ => url().await,
    };
    let db = Db::builder(&url).name("migrating.robust").connect().await?;
    let folder = Folder::new().put("1_a.sql", "CREATE TABLE migrating_a (id INTEGER)");
    db.migrate(&folder.migrator().await).await?;
    assert_eq!(tables(&db).await, ["migrating_a"]);
    Ok(())
}

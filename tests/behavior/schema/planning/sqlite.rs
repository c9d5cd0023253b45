//! The rebuild of a table of SQLite.

use signals::Model;
use signals::db::Backend;
use signals::model::Entity as _;
use signals::schema::Schema;
use signals::schema::migration::{Options, Plan, Rename};
use signals_test_behavior::{Kind, elsewhere, rows};

use super::Project;

#[derive(Debug, Model)]
#[model(table = "planning_parent")]
struct Parent {
    id: i64,
    #[model(default = 0)]
    size: i64,
}

const TABLES: &str = "
    CREATE TABLE planning_parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE CHECK (name <> ''), size INT NULL,
        twice INT GENERATED ALWAYS AS (size * 2) STORED, CONSTRAINT small CHECK (size < 100));
    CREATE TABLE planning_child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES planning_parent (id) ON DELETE CASCADE);
    CREATE UNIQUE INDEX planning_partial ON planning_parent (name DESC) WHERE size > 0;
    CREATE VIEW planning_view AS SELECT name FROM planning_parent;
    CREATE TABLE planning_log (text TEXT);
    CREATE TRIGGER planning_trigger AFTER DELETE ON planning_parent BEGIN
        INSERT INTO planning_log VALUES (old.name); SELECT 1; END;
    INSERT INTO planning_parent (id, name, size) VALUES (1, 'a', 1), (2, 'b', NULL), (9, 'c', 3);
    DELETE FROM planning_parent WHERE id = 9;
    INSERT INTO planning_child VALUES (1, 1), (2, 2)";

/// DROP TABLE would delete the rows of a table with ON DELETE CASCADE, if references were enforced meanwhile.
#[tokio::test]
async fn a_table_that_is_made_again_keeps_everything_and_touches_no_other() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let mut project = Project::empty().await;
    project.execute(TABLES).await;
    let definitions =
        "SELECT sql FROM sqlite_master WHERE name LIKE 'planning%' AND name <> 'planning_parent' ORDER BY name";
    let before = project.texts(definitions).await;
    let options = Options::new().keep_column("planning_parent", "name");
    let changes = project.migrate(&[Parent::meta()], &options).await;
    assert_eq!(changes, ["change the column `size` of `planning_parent` from INT NULL to INT NOT NULL DEFAULT 0"]);

    assert_eq!(project.texts(definitions).await, before);
    assert_eq!(rows(&project.db, "planning_child").await, 2);
    assert_eq!(
        project.texts("SELECT id || name || size || twice FROM planning_parent ORDER BY id").await,
        ["1a12", "2b00"]
    );
    let refused = "INSERT INTO planning_parent (name, size) VALUES ('A', 4), ('d', 200)";
    assert!(sqlx::query(refused).execute(project.db.sqlite().unwrap()).await.is_err());
    // A key that was used is not used again, references are enforced again, and the trigger works.
    project.execute("INSERT INTO planning_parent (name) VALUES ('d')").await;
    assert_eq!(project.texts("SELECT CAST(max(id) AS TEXT) FROM planning_parent").await, ["10"]);
    project.execute("DELETE FROM planning_parent WHERE id = 1").await;
    assert_eq!(rows(&project.db, "planning_child").await, 1);
    assert_eq!(project.texts("SELECT text FROM planning_log ORDER BY rowid").await, ["c", "a"]);
    assert_eq!(project.texts("SELECT name FROM planning_view").await, ["b", "d"]);
}

/// References that were wrong before are found, and nothing is changed.
#[tokio::test]
async fn a_broken_reference_fails_the_migration() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let project = Project::empty().await;
    project.execute(TABLES).await;
    project
        .execute("PRAGMA foreign_keys = OFF; INSERT INTO planning_child VALUES (3, 77); PRAGMA foreign_keys = ON")
        .await;
    let new = Schema::of_models([Parent::meta()], project.db.backend());
    let options = Options::new().keep_column("planning_parent", "name");
    let plan = Plan::between(&project.schema().await, &new, &options).unwrap();
    std::fs::write(project.dir.path().join("1_made.up.sql"), &plan.scripts().unwrap()[0].up).unwrap();
    let error = project.db.migrate(&project.migrator().await).await.unwrap_err();
    assert!(error.find::<sqlx::Error>().unwrap().to_string().contains("broken_references"), "{error}");
    // The connection has no open transaction, and enforces references.
    project.execute("BEGIN; COMMIT").await;
    assert_eq!(project.texts("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, ["1"]);
    assert_eq!(
        project
            .texts("SELECT CAST(\"notnull\" AS TEXT) FROM pragma_table_info('planning_parent') WHERE name = 'size'")
            .await,
        ["0"]
    );
}

/// Makes a plan for the tables of a database, and returns why it has no script.
async fn refusal(project: &Project, new: &Schema, options: &Options) -> String {
    let plan = Plan::between(&project.schema().await, new, options).unwrap();
    plan.scripts().unwrap_err().to_string()
}

#[tokio::test]
async fn a_table_whose_definition_would_change_is_not_made_again() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let mut new = Schema::of_models([Parent::meta()], Backend::Sqlite);
    let project = Project::empty().await;
    project.execute("CREATE TABLE planning_parent (id INTEGER, size INT NULL, PRIMARY KEY (id AUTOINCREMENT))").await;
    assert_eq!(
        refusal(&project, &new, &Options::new()).await,
        "`planning_parent` cannot be made again: a key of it has COLLATE, DESC or AUTOINCREMENT; write its migration by hand"
    );

    let project = Project::empty().await;
    project
        .execute(
            "CREATE TABLE planning_parent (id INTEGER PRIMARY KEY, size INT NULL);
            CREATE TABLE planning_log (text TEXT);
            CREATE TRIGGER planning_trigger AFTER DELETE ON planning_parent BEGIN
                INSERT INTO planning_log VALUES (old.id); END",
        )
        .await;
    let mut log = project.schema().await.table("planning_log").unwrap().clone();
    log.name = "planning_diary".into();
    new.tables.push(log);
    let options = Options::new().renames([Rename::table("planning_log", "planning_diary")]);
    let refusal = refusal(&project, &new, &options).await;
    assert!(refusal.contains("a trigger of it names a table that is renamed"), "{refusal}");
}

#[tokio::test]
async fn a_trigger_that_names_another_table_with_the_same_letters_is_kept() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let mut project = Project::empty().await;
    project
        .execute(
            "CREATE TABLE planning_parent (id INTEGER PRIMARY KEY, size INT NULL);
            CREATE TABLE planning_log (text TEXT); CREATE TABLE planning (text TEXT);
            CREATE TRIGGER planning_trigger AFTER DELETE ON planning_parent BEGIN
                INSERT INTO planning_log VALUES (old.id); END",
        )
        .await;
    let mut new = project.schema().await;
    new.tables.retain(|table| table.name != "planning_parent");
    new.tables.iter_mut().filter(|table| table.name == "planning").for_each(|it| it.name = "planned".into());
    new.tables.extend(Schema::of_models([Parent::meta()], Backend::Sqlite).tables);
    let changes = project.migrate_to(&new, &Options::new().renames([Rename::table("planning", "planned")])).await;
    assert_eq!(changes.len(), 2, "{changes:?}");
    let trigger = "SELECT CAST(count(*) AS TEXT) FROM sqlite_master WHERE name = 'planning_trigger'";
    assert_eq!(project.texts(trigger).await, ["1"]);
}

/// Without its record, the next run would make everything again.
#[tokio::test]
async fn a_migration_that_makes_a_table_again_is_recorded_with_it_or_not_at_all() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let project = Project::empty().await;
    project
        .execute(
            "CREATE TABLE planning_parent (id INTEGER PRIMARY KEY, size INT NULL);
            INSERT INTO planning_parent VALUES (1, NULL)",
        )
        .await;
    let mut new = Schema::of_models([Parent::meta()], Backend::Sqlite);
    let mut other = new.tables[0].clone();
    other.name = "planning_other".into();
    new.tables.push(other);
    let plan = Plan::between(&project.schema().await, &new, &Options::new()).unwrap();
    std::fs::write(project.dir.path().join("1_made.up.sql"), &plan.scripts().unwrap()[0].up).unwrap();
    project.db.pending_migrations(&project.migrator().await).await.unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON _sqlx_migrations BEGIN SELECT RAISE(ABORT, 'no space'); END";
    project.execute(refuse).await;
    assert!(project.db.migrate(&project.migrator().await).await.unwrap_err().to_string().contains("no space"));
    assert!(project.schema().await.table("planning_other").is_none());

    project.execute("DROP TRIGGER refuse").await;
    project.db.migrate(&project.migrator().await).await.unwrap();
    let recorded = "SELECT CAST(count(*) AS TEXT) FROM _sqlx_migrations WHERE execution_time >= 0";
    assert_eq!(project.texts(recorded).await, ["1"]);
    assert!(project.db.pending_migrations(&project.migrator().await).await.unwrap().plan.is_empty());
    assert_eq!(project.texts("SELECT CAST(size AS TEXT) FROM planning_parent").await, ["0"]);
    assert_eq!(project.texts("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, ["1"]);
}

#[tokio::test]
async fn a_default_in_double_quotes_is_a_text() {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return;
    }
    let mut project = Project::empty().await;
    project
        .execute("CREATE TABLE planning_parent (id INTEGER PRIMARY KEY, size INT NULL, name TEXT DEFAULT \"abc\")")
        .await;
    project.migrate(&[Parent::meta()], &Options::new().keep_column("planning_parent", "name")).await;
    project.execute("INSERT INTO planning_parent (size) VALUES (1)").await;
    assert_eq!(project.texts("SELECT name FROM planning_parent").await, ["abc"]);
}

//! Migrations create, replace and drop the triggers, and `check` compares them.

use behavior::{Kind, execute, kind};
use signals::model::{Entity as _, ModelMeta};
use signals::schema::migration::{Options, Plan};
use signals::schema::{Schema, check_of};
use signals::tasks::{TaskCapture, status};
use signals::{Db, Model as _, Result};
use signals_test_tasks::db;

use crate::versions::{first, renamed_column, renamed_table, second, third};

async fn plan(db: &Db, meta: &'static ModelMeta) -> Result<Plan> {
    let old = Schema::read(db).await?;
    let new = Schema::of_models([meta, TaskCapture::meta()], db.backend());
    Ok(Plan::between(&old, &new, &Options::new()).unwrap())
}

/// Applies the migration to these models, and returns the lines of its changes.
async fn migrate(db: &Db, meta: &'static ModelMeta) -> Result<Vec<String>> {
    let plan = plan(db, meta).await?;
    for script in plan.scripts().unwrap() {
        execute(db, script.up).await;
    }
    assert_eq!(differences(db, meta).await?, [""; 0]);
    assert_eq!(self::plan(db, meta).await?.changes(), []);
    Ok(plan.changes().iter().map(ToString::to_string).collect())
}

async fn differences(db: &Db, meta: &'static ModelMeta) -> Result<Vec<String>> {
    let differences = check_of(db, |model| model == meta).await?;
    Ok(differences.iter().map(|difference| format!("{} {}", difference.kind.name(), difference.found())).collect())
}

async fn newest(db: &Db) -> Result<Option<TaskCapture>> {
    TaskCapture::objects().order_by(TaskCapture::ID.desc()).first(db).await
}

#[tokio::test]
async fn triggers_follow_the_columns_of_the_model() -> Result<()> {
    let db = db().await;
    let triggers = ["insert", "update", "delete"].map(|verb| format!("trigger `captured_book__capture__{verb}`"));
    let of_triggers = |what: &str| triggers.clone().map(|trigger| format!("{what} the {trigger} of `captured_book`"));
    let mut created = vec!["create the table `captured_book`".to_owned()];
    created.extend(of_triggers("create"));
    assert_eq!(migrate(&db, first::Book::meta()).await?, created);
    execute(&db, "INSERT INTO captured_book (id, title) VALUES (1, 'one')").await;
    assert!(newest(&db).await?.is_some());

    // PostgreSQL's triggers record every column.
    let is_stale = kind() != Kind::Postgres;
    let mut expected = vec!["column missing no column".to_owned()];
    expected.extend(std::iter::repeat_n("trigger changed another version".to_owned(), if is_stale { 3 } else { 0 }));
    assert_eq!(differences(&db, second::Book::meta()).await?, expected);

    let reversal = plan(&db, second::Book::meta()).await?.scripts().unwrap();
    let changes = migrate(&db, second::Book::meta()).await?;
    let mut expected = vec!["add the column `pages` to `captured_book`".to_owned()];
    if is_stale {
        expected.splice(0..0, of_triggers("drop"));
        expected.extend(of_triggers("create"));
    }
    assert_eq!(changes, expected);
    execute(&db, "UPDATE captured_book SET pages = 77").await;
    assert!(newest(&db).await?.unwrap().new_row.unwrap().contains("77"));

    for script in reversal.into_iter().rev() {
        execute(&db, script.down).await;
    }
    assert_eq!(differences(&db, first::Book::meta()).await?, [""; 0]);
    execute(&db, "UPDATE captured_book SET title = 'down'").await;
    assert!(newest(&db).await?.unwrap().new_row.unwrap().contains("down"));
    migrate(&db, second::Book::meta()).await?;

    let mut dropped = migrate(&db, third::Book::meta()).await?;
    dropped.sort_by_key(|line| of_triggers("drop").iter().position(|it| it == line));
    assert_eq!(dropped, of_triggers("drop"));
    let before = TaskCapture::objects().count(&db).await?;
    execute(&db, "DELETE FROM captured_book").await;
    assert_eq!(TaskCapture::objects().count(&db).await?, before);
    Ok(())
}

#[tokio::test]
async fn check_reports_a_trigger_that_was_changed_or_dropped() -> Result<()> {
    let db = db().await;
    migrate(&db, first::Book::meta()).await?;
    let on = if kind() == Kind::Postgres { " ON captured_book" } else { "" };
    execute(&db, format!("DROP TRIGGER captured_book__capture__delete{on}")).await;
    assert_eq!(differences(&db, first::Book::meta()).await?, ["trigger missing none"]);
    assert_eq!(differences(&db, third::Book::meta()).await?.len(), 3, "a column and two triggers");
    assert_eq!(
        migrate(&db, first::Book::meta()).await?,
        ["create the trigger `captured_book__capture__delete` of `captured_book`"]
    );
    if kind() == Kind::Postgres {
        execute(&db, "ALTER TABLE captured_book DISABLE TRIGGER captured_book__capture__insert").await;
        assert_eq!(differences(&db, first::Book::meta()).await?, ["trigger changed another version"]);
        migrate(&db, first::Book::meta()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn triggers_follow_renames_up_and_down() -> Result<()> {
    for meta in [renamed_column::Book::meta(), renamed_table::Book::meta()] {
        let db = db().await;
        migrate(&db, first::Book::meta()).await?;
        execute(&db, "INSERT INTO captured_book (id, title) VALUES (1, 'one')").await;
        let new = Schema::of_models([meta, TaskCapture::meta()], db.backend());
        let options = Options::new().renames_of([meta]);
        let scripts = Plan::between(&Schema::read(&db).await?, &new, &options).unwrap().scripts().unwrap();
        for script in &scripts {
            execute(&db, script.up.clone()).await;
        }
        assert_eq!(differences(&db, meta).await?, [""; 0]);
        execute(&db, format!("UPDATE {} SET name = 'up'", meta.table())).await;
        let write = newest(&db).await?.unwrap();
        assert!(write.table_name == meta.table() && write.new_row.unwrap().contains("up"));

        for script in scripts.iter().rev() {
            execute(&db, script.down.clone()).await;
        }
        assert_eq!(differences(&db, first::Book::meta()).await?, [""; 0]);
        execute(&db, "UPDATE captured_book SET title = 'down'").await;
        let write = newest(&db).await?.unwrap();
        assert!(write.table_name == "captured_book" && write.new_row.unwrap().contains("down"));
        let all = TaskCapture::objects().count(&db).await?;
        assert_eq!(all, 3, "each write is captured once");
    }
    Ok(())
}

#[tokio::test]
async fn a_column_that_the_table_of_captured_writes_lacks_is_reported_and_added() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO signals_capture (table_name, operation, captured_at) VALUES ('captured_book', 'I', 1)")
        .await;
    let on = if kind() == Kind::Mysql { " ON signals_capture" } else { "" };
    execute(&db, format!("DROP INDEX signals_capture__due_at__id__idx{on}")).await;
    execute(&db, "ALTER TABLE signals_capture DROP COLUMN due_at").await;
    let lines: Vec<_> = check_of(&db, ModelMeta::is::<TaskCapture>).await?.iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|line| line.contains("due_at") && line.contains("column")), "{lines:#?}");
    let plan = plan(&db, first::Book::meta()).await?;
    let changes: Vec<_> = plan.changes().iter().map(ToString::to_string).collect();
    assert!(changes.contains(&"add the column `due_at` to `signals_capture`".to_owned()), "{changes:#?}");
    for script in plan.scripts().unwrap() {
        execute(&db, script.up).await;
    }
    assert_eq!(check_of(&db, ModelMeta::is::<TaskCapture>).await?, []);
    assert_eq!(status(&db).await?.captured.waiting.at_least(), 1, "the write that it had is not due later");
    Ok(())
}

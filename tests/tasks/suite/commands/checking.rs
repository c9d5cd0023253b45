//! `check` and `inspectdb`.

use std::io::{self, Write};

use behavior::{execute, url};
use serde_json::{Value, json};
use signals::manage::Exit;
use signals::{Db, Model, Result, schema};
use signals_test_tasks::db;

use super::{command, parsed};

#[derive(Debug, Model)]
#[model(table = "checked_note")]
struct Note {
    id: i64,
    #[model(unique)]
    title: String,
    body: Option<String>,
}

#[tokio::test]
async fn check_prints_each_difference_and_ends_with_1() -> Result<()> {
    let db = db().await;
    db.create_tables().await?;
    assert_eq!(command(&db, "check").await.out(), "no problems\n");
    assert_eq!(command(&db, "check --database").await.out(), "no problems\n");
    let json: Value = serde_json::from_str(&command(&db, "check --database --json").await.out()).unwrap();
    assert_eq!(json, json!({ "problems": [], "differences": [] }));

    execute(&db, "ALTER TABLE checked_note DROP COLUMN body").await;
    assert_eq!(command(&db, "check").await.out(), "no problems\n", "it does not look at the tables");
    let printed = command(&db, "check --database").await;
    let shown = printed.out.clone();
    for part in ["MODEL HAS", "DATABASE HAS", "Note", "checked_note", "body", "TEXT", "no column"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert_eq!(shown.lines().count(), 2, "{shown}");
    let error = printed.error(Exit::Problems);
    assert_eq!(error, "there is 1 difference between the models and the database");

    let printed = command(&db, "check --database --json").await;
    let json: Value = serde_json::from_str(&printed.out).unwrap();
    let difference = &json["differences"][0];
    assert_eq!((&difference["table"], &difference["columns"]), (&json!("checked_note"), &json!(["body"])));
    assert_eq!((&difference["difference"], &difference["found"]), (&json!("column missing"), &json!("no column")));
    assert!(difference["model"].as_str().unwrap().ends_with("checking::Note"), "{json}");
    assert_eq!(printed.exit.code(), 1);
    Ok(())
}

#[tokio::test]
async fn a_closed_output_does_not_hide_a_difference() -> Result<()> {
    /// The standard output after `head` has ended.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let db = db().await;
    db.create_tables().await?;
    let check = parsed("check --database");
    assert_eq!(check.run_with(&db, &mut Closed, &mut io::sink()).await, Exit::Success);
    execute(&db, "ALTER TABLE checked_note DROP COLUMN body").await;
    for words in ["check --database", "check --database --json"] {
        assert_eq!(parsed(words).run_with(&db, &mut Closed, &mut io::sink()).await, Exit::Problems);
    }
    Ok(())
}

#[tokio::test]
async fn the_tables_of_tasks_are_missing_only_in_a_program_with_tasks() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    // The function does not know whether the program has tasks.
    let differences = schema::check(&db).await?;
    let mut tables = differences.iter().map(|difference| difference.model.table());
    assert!(tables.clone().any(|table| table == "checked_note"));
    assert!(!tables.any(|table| table.starts_with("signals_")));
    // This program has some.
    let printed = command(&db, "check --database").await;
    assert!(printed.out.contains("signals_task"), "{}", printed.out);
    Ok(())
}

#[tokio::test]
async fn check_ends_with_2_if_the_schema_cannot_be_read() -> Result<()> {
    let db = db().await;
    db.close().await?;
    let printed = command(&db, "check --database").await;
    assert_eq!(printed.exit.code(), 2);
    assert_ne!(printed.error(Exit::Unchecked), "");
    Ok(())
}

#[tokio::test]
async fn inspectdb_prints_models_of_the_chosen_tables() -> Result<()> {
    let db = db().await;
    db.create_tables().await?;
    let all = command(&db, "inspectdb").await.out();
    assert!(all.contains("pub struct CheckedNote {") && all.contains("pub struct SignalsTask {"), "{all}");
    let chosen = command(&db, "inspectdb checked_note").await.out();
    let printed = [
        "pub struct CheckedNote {",
        "    pub id: i64,",
        "    #[model(unique)]",
        "    pub title: String,",
        "    pub body: Option<String>,",
        "}",
    ];
    let printed = printed.join("\n");
    assert!(chosen.contains(&printed) && !chosen.contains("SignalsTask"), "{chosen}");
    let error = command(&db, "inspectdb checked_note nowhere").await.error(Exit::Missing);
    assert!(error.starts_with("there is no table `nowhere`; tables: ") && error.contains("checked_note"), "{error}");
    Ok(())
}

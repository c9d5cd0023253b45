//! What is listed.

use std::time::Duration;

use behavior::execute;
use serde_json::{Value, json};
use signals::Result;
use signals::manage::Exit;
use signals::tasks::{DbTasks as _, TaskState, pause_queue, task};
use signals_test_tasks::{db, insert_runs};

use super::{charge, command};

const HOUR: i64 = 3_600_000;

/// Returns the words of each line.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[tokio::test]
async fn status_counts_each_state_up_to_a_limit_and_the_lag_of_ready_runs() -> Result<()> {
    let db = db().await;
    assert_eq!(
        command(&db, "tasks status").await.out(),
        "no runs\n\nno worker was seen within the last minute; the command `worker` starts one\n"
    );

    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    insert_runs(&db, 3, TaskState::Ready, "mail", now - 2 * HOUR).await;
    insert_runs(&db, 1, TaskState::Isolated, "mail", now - HOUR).await;
    insert_runs(&db, 2, TaskState::Waiting, "mail", now - 9 * HOUR).await;
    insert_runs(&db, 10_001, TaskState::Done, "mail", now - 9 * HOUR).await;
    insert_runs(&db, 10_000, TaskState::Dead, "search", now).await;
    insert_runs(&db, 1, TaskState::Unknown, "search", now - 9 * HOUR).await;
    pause_queue(&db, "search").await?;
    pause_queue(&db, "empty").await?;
    let shown = command(&db, "tasks status").await.out();
    let lines = words(&shown);
    assert_eq!(lines[0], ["QUEUE", "READY", "WAITING", "RUNNING", "DONE", "DEAD", "UNKNOWN", "LAG"]);
    assert_eq!(lines[1], ["empty", "0", "0", "0", "0", "0", "0", "-", "paused"]);
    assert_eq!(lines[2], ["mail", "4", "2", "0", ">10000", "0", "0", "2", "h"], "the lag is of ready runs alone");
    assert_eq!(lines[3], ["search", "0", "0", "0", "0", "10000", "1", "-", "paused"]);

    let json: Value = serde_json::from_str(&command(&db, "tasks status --json").await.out()).unwrap();
    let mail = &json["queues"][1];
    assert_eq!(mail["more_than"], json!(["done"]));
    assert_eq!((&mail["done"], &mail["ready"], &mail["paused"]), (&json!(10_000), &json!(4), &json!(false)));
    let lag = mail["lag_ms"].as_i64().unwrap();
    assert!((2 * HOUR - 10_000..2 * HOUR + 60_000).contains(&lag), "{lag}");
    Ok(())
}

#[tokio::test]
async fn runs_are_listed_with_whole_ids_within_the_width() -> Result<()> {
    let db = db().await;
    let dead = charge::enqueue(&db, 0).await?;
    assert_eq!(db.drain_tasks().await?.dead, 1);
    // They are shown so for another minute.
    let later = charge::enqueue(&db, 2).delay(Duration::from_secs(449)).await?;
    let active = charge::enqueue(&db, 3).await?;
    let sql = "UPDATE signals_task SET state = 2, attempts = 1, started_at = created_at - 271000, claimed_by = 'host:7:abc' \
               WHERE state = 0";
    execute(&db, sql).await;

    for (list, id, parts) in [
        ("dead", dead, ["shop.charge", "payments", "the card is refused"]),
        ("scheduled", later, ["shop.charge", "payments", "in 7 m"]),
        ("active", active, ["host:7:abc", "payments", "5 m ago"]),
    ] {
        let shown = command(&db, &format!("tasks {list}")).await.out();
        assert!(shown.contains(&id.to_string()), "{shown}");
        for part in parts {
            // A cell may have several lines.
            let is_there = part.split(' ').all(|word| shown.contains(word));
            assert!(is_there, "{part} is not in\n{shown}");
        }
        assert_eq!(shown.matches("shop.charge").count(), 1, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
        assert!(!shown.contains('\u{1b}'), "an error cannot change the terminal");

        let json: Value = serde_json::from_str(&command(&db, &format!("tasks {list} --json")).await.out()).unwrap();
        assert_eq!((json[0]["id"].as_str(), json.as_array().map(Vec::len)), (Some(id.to_string().as_str()), Some(1)));
        assert!(json[0]["arguments"]["order"].is_i64(), "{json}");
    }
    assert!(command(&db, "tasks dead --queue payments --task shop.charge").await.out().contains(&dead.to_string()));
    execute(&db, "DELETE FROM signals_task").await;
    assert_eq!(command(&db, "tasks active").await.out(), "no running runs\n");
    assert_eq!(command(&db, "tasks dead --json").await.out(), "[]\n");
    Ok(())
}

#[tokio::test]
async fn a_cut_list_has_the_latest_dead_and_the_next_due_runs() -> Result<()> {
    let db = db().await;
    insert_runs(&db, 5, TaskState::Dead, "mail", 1_000).await;
    insert_runs(&db, 5, TaskState::Waiting, "mail", 1_000).await;
    for (list, due) in [("dead", [1_005, 1_004]), ("scheduled", [1_001, 1_002])] {
        let printed = command(&db, &format!("tasks {list} --limit 2 --json")).await.out();
        let json: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!([0, 1].map(|i: usize| json[i]["due_at"].as_i64().unwrap()), due);
        let printed = command(&db, &format!("tasks {list} --limit 2")).await;
        assert_eq!(printed.err, "there may be more than 2 runs: `--limit` sets the number\n");
    }
    Ok(())
}

#[tokio::test]
async fn a_run_is_shown_with_its_arguments_and_its_error() -> Result<()> {
    let db = db().await;
    let id = charge::enqueue(&db, 0).unique_key("order 0").await?.id();
    db.drain_tasks().await?;
    let shown = command(&db, &format!("tasks show {id}")).await.out();
    for line in [
        format!("id          {id}"),
        "task        shop.charge".to_owned(),
        "state       dead".to_owned(),
        "arguments   {\"order\":0}".to_owned(),
        "attempts    1 of 1".to_owned(),
        "unique key  order 0".to_owned(),
        "deleted     in 7 d".to_owned(),
        // Such characters of an error are stored escaped.
        "last error  no retry: the card is refused\\nfor good \\u{1b}[31m".to_owned(),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "`{line}` is not in\n{shown}");
    }
    let json: Value = serde_json::from_str(&command(&db, &format!("tasks show {id} --json")).await.out()).unwrap();
    assert_eq!((&json["state"], &json["arguments"]), (&json!("dead"), &json!({ "order": 0 })));
    Ok(())
}

#[tokio::test]
async fn no_command_shows_sensitive_arguments() -> Result<()> {
    #[task(sensitive(password))]
    async fn log_in(user: i64, password: String) -> Result<(), String> {
        let _ = (user, password);
        Err("refused".into())
    }

    let db = db().await;
    let id = log_in::enqueue(&db, 7, "s3cret".into()).delay(Duration::from_secs(400)).await?;
    let shown = command(&db, &format!("tasks show {id}")).await.out();
    assert!(shown.contains("arguments   {\"password\":\"***\",\"user\":7}\n"), "{shown}");
    let shown = command(&db, &format!("tasks show {id} --json")).await.out();
    let json: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(json["arguments"], json!({ "user": 7, "password": "***" }));
    let listed = command(&db, "tasks scheduled --json").await.out();
    assert!(listed.contains("***") && !listed.contains("s3cret"), "{listed}");

    // A program without the task cannot know which arguments are sensitive.
    execute(&db, "UPDATE signals_task SET name = 'gone::task'").await;
    let shown = command(&db, &format!("tasks show {id}")).await.out();
    assert!(shown.contains("arguments   {\"password\":\"***\",\"user\":\"***\"}\n"), "{shown}");
    execute(&db, "UPDATE signals_task SET args = 's3cret'").await;
    let json: Value = serde_json::from_str(&command(&db, &format!("tasks show {id} --json")).await.out()).unwrap();
    assert_eq!(json["arguments"], json!("unreadable"));
    Ok(())
}

#[tokio::test]
async fn the_tasks_of_the_program_are_listed_with_their_places() -> Result<()> {
    let db = db().await;
    let shown = command(&db, "tasks registered").await.out();
    assert!(shown.contains("shop.charge") && shown.contains("payments"), "{shown}");
    let json: Value = serde_json::from_str(&command(&db, "tasks registered --json").await.out()).unwrap();
    let charge = json.as_array().unwrap().iter().find(|task| task["name"] == "shop.charge").unwrap();
    assert!(charge["file"].as_str().unwrap().ends_with("commands.rs"), "{charge}");
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_answered_with_what_does() -> Result<()> {
    let db = db().await;
    insert_runs(&db, 1, TaskState::Done, "mail", 0).await;
    for words in ["dead -Q mial", "pause mial", "resume mial", "purge --yes -Q mial", "retry --all -Q mial"] {
        let error = command(&db, &format!("tasks {words}")).await.error(Exit::Missing);
        assert!(error.starts_with("there is no queue `mial`; queues with runs or tasks: "), "{words}: {error}");
        assert!(error.contains("mail, ") && error.contains("payments"), "{words}: {error}");
    }
    for words in ["dead -t shop.chrage", "purge --yes -t shop.chrage", "retry --all -t shop.chrage"] {
        let error = command(&db, &format!("tasks {words}")).await.error(Exit::Missing);
        assert!(error.starts_with("there is no task `shop.chrage`, and no such run; tasks: "), "{words}: {error}");
        assert!(error.contains("shop.charge"), "{words}: {error}");
    }
    let id = "01936f6e-0000-7000-8000-000000000000";
    for words in ["show", "retry", "cancel"] {
        let error = command(&db, &format!("tasks {words} {id}")).await.error(Exit::Missing);
        assert_eq!(error, format!("no run has the id {id}; ended runs are deleted after some time"));
    }
    // Texts of the database do not reach the terminal.
    insert_runs(&db, 1, TaskState::Done, "bad\u{1b}[31m", 0).await;
    let error = command(&db, "tasks pause mial").await.error(Exit::Missing);
    assert!(error.contains("bad [31m"), "{error:?}");
    // A queue without runs that a task of the program has, and a name of another version.
    assert_eq!(command(&db, "tasks dead -Q payments").await.out(), "no dead runs\n");
    insert_runs(&db, 1, TaskState::Dead, "mail", 0).await;
    assert!(command(&db, "tasks dead -t gone::task").await.out().contains("gone::task"));
    Ok(())
}

//! Deploys: names and arguments of another version.

use behavior::execute;
use signals::Result;
use signals::tasks::{DbTasks as _, TaskState, task};
use signals_test_tasks::{db, hurry, run};

#[task]
async fn known(number: u8, note: Option<String>) -> Result<(), String> {
    if number == 0 { Err(format!("{note:?}")) } else { Ok(()) }
}

#[tokio::test]
async fn an_unknown_name_is_given_back_without_an_attempt() -> Result<()> {
    let db = db().await;
    let id = known::enqueue(&db, 1, None).await?;
    execute(&db, "UPDATE signals_task SET name = 'gone::task'").await;
    for times in 1..=3 {
        assert_eq!(db.drain_tasks().await?.put_off, 1);
        let run = run(&db, id).await;
        assert_eq!((run.state(), run.attempts, run.claims), (Some(TaskState::Unknown), 0, times));
        assert_eq!(run.last_error.as_deref(), Some("no worker has a task of the name `gone::task`"));
        assert!(run.due_at > run.created_at);
        // A drain does not wait for them; a worker tries them again.
        execute(&db, "UPDATE signals_task SET state = 0").await;
    }
    Ok(())
}

#[tokio::test]
async fn an_alias_takes_over_the_runs_of_an_old_name() -> Result<()> {
    #[task(aliases("shop::old_name", "shop::older_name"))]
    async fn renamed() {}

    let db = db().await;
    renamed::enqueue(&db).await?;
    renamed::enqueue(&db).await?;
    execute(&db, "UPDATE signals_task SET name = 'shop::older_name'").await;
    assert_eq!(db.drain_tasks().await?.done, 2);
    Ok(())
}

#[tokio::test]
async fn an_optional_argument_may_be_added() -> Result<()> {
    let db = db().await;
    let id = known::enqueue(&db, 0, Some("x".into())).await?;
    execute(&db, r#"UPDATE signals_task SET args = '{"number": 0, "removed": [1]}'"#).await;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    assert_eq!(run(&db, id).await.last_error.as_deref(), Some("None"));
    Ok(())
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_dead_and_hold_up_nothing() -> Result<()> {
    let db = db().await;
    let mut ids = Vec::new();
    for args in ["{}", "[]", r#"{"number": "seven"}"#, "not JSON", r#"{"number": 1000}"#] {
        let id = known::enqueue(&db, 1, None).await?;
        execute(&db, format!("UPDATE signals_task SET args = '{args}' WHERE state = 0")).await;
        execute(&db, "UPDATE signals_task SET state = 1 WHERE state = 0").await;
        ids.push(id);
    }
    known::enqueue(&db, 1, None).await?;
    hurry(&db).await;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.done, drained.dead), (1, 5));
    let errors = ["`number` is missing", "no JSON object", "`number` cannot be read as `u8`", "no JSON object", "1000"];
    for (id, error) in ids.into_iter().zip(errors) {
        let run = run(&db, id).await;
        assert!(run.last_error.as_deref().unwrap().contains(error), "{run:?}");
        assert_eq!(run.state(), Some(TaskState::Dead));
    }
    Ok(())
}

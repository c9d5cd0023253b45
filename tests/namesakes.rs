//! Two tasks of one name. It has a separate binary, because such a program can neither enqueue nor run a task.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![allow(clippy::unused_async, reason = "a task is async")]

use signals::tasks::{Task, check_tasks, task};
use signals::{Db, Model as _};

#[task(name = "notes.sort")]
async fn sort() {}

#[task(name = "notes.order", aliases("notes.sort"))]
async fn order() {}

#[test]
fn two_tasks_of_one_name_are_named_with_their_places() {
    let told = check_tasks().expect_err("a duplicate").to_string();
    assert!(told.starts_with("two tasks have the name `notes.sort`: at tests/namesakes.rs:"), "{told}");
    assert_eq!(told.matches("tests/namesakes.rs:").count(), 2, "{told}");
}

#[tokio::test]
async fn a_task_whose_name_another_one_has_is_not_enqueued() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    for enqueued in [sort::enqueue(&db), order::enqueue(&db)] {
        let told = enqueued.await.expect_err("a duplicate").to_string();
        assert!(told.starts_with("two tasks have the name `notes.sort`"), "{told}");
    }
    assert!(!Task::objects().exists(&db).await.unwrap());
}

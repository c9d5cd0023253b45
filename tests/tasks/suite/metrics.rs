//! Metrics, and what no output shows.

use std::collections::BTreeSet;
use std::time::Duration;

use behavior::capture;
use serde::{Deserialize, Serialize};
use signals::tasks::{Context, DbTasks as _, Retry, Task, TaskMetrics, TaskOutcome, metrics, prometheus, task};
use signals::{Model as _, Result};
use signals_test_tasks::{db, hurry, run};

use super::commands::command;

/// Returns the metrics of a task.
fn of(task: &str) -> Vec<TaskMetrics> {
    metrics().into_iter().filter(|it| it.task == task).collect()
}

#[tokio::test]
async fn attempts_are_counted_by_task_queue_and_outcome() -> Result<()> {
    #[task(name = "metrics.counted", aliases("metrics.old"), queue = "counted", max_attempts = 2)]
    async fn counted(outcome: u8) -> Result<(), Retry> {
        match outcome {
            0 => Ok(()),
            1 => Err(Retry::never().because("for good")),
            _ => Err(Retry::after(Duration::from_mins(1))),
        }
    }

    let db = db().await;
    for outcome in [0, 0, 1, 2] {
        counted::enqueue(&db, outcome).await?;
    }
    counted::enqueue(&db, 0).queue("other \"queue\"").await?;
    db.drain_tasks().await?;
    let counted = of("metrics.counted");
    let found: Vec<_> = counted.iter().map(|it| (it.queue.as_str(), it.outcome, it.attempts)).collect();
    let expected = [
        ("counted", TaskOutcome::Done, 2),
        ("counted", TaskOutcome::Dead, 1),
        ("counted", TaskOutcome::PutOff, 1),
        ("other \"queue\"", TaskOutcome::Done, 1),
    ];
    assert_eq!(found, expected);
    assert!(counted.iter().all(|it| !it.elapsed.is_zero()));
    Ok(())
}

#[tokio::test]
async fn the_series_do_not_depend_on_hosts_and_ids() -> Result<()> {
    #[task(name = "metrics.series", queue = "series")]
    async fn series() {}

    let db = db().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(series::enqueue(&db).unique_key(number).await?.id());
    }
    db.drain_tasks().await?;
    let (last, text) = (series::enqueue(&db).await?, prometheus(&db).await?);
    ids.push(last);
    let ours: BTreeSet<_> = text.lines().filter(|line| line.contains("\"series\"")).collect();
    assert!(ours.contains("signals_task_attempts_total{task=\"metrics.series\",queue=\"series\",outcome=\"done\"} 3"));
    assert!(ours.contains("signals_task_runs{queue=\"series\",state=\"ready\"} 1"), "{text}");
    assert!(ours.iter().any(|line| line.starts_with("signals_task_lag_seconds{queue=\"series\"} ")), "{text}");
    let labels: BTreeSet<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split('"').step_by(2).filter_map(|part| part.trim_matches(['{', ',']).strip_suffix('=')))
        .map(|label| label.rsplit('{').next().unwrap_or_default())
        .collect();
    assert_eq!(labels, BTreeSet::from(["outcome", "queue", "state", "task"]));
    assert!(ids.iter().all(|id| !text.contains(&id.to_string())), "{text}");
    let printed = command(&db, "tasks metrics").await.out();
    assert!(printed.contains("signals_task_runs{queue=\"series\",state=\"ready\"} 1\n"), "{printed}");
    Ok(())
}

#[tokio::test]
async fn a_nested_sensitive_value_is_in_no_log_no_output_and_no_stored_error() -> Result<()> {
    const SECRET: &str = "hunter2-s3cret";

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Login {
        user: String,
        passwords: Vec<String>,
    }

    #[task(name = "metrics.log_in", sensitive(login), max_attempts = 4, backoff = "1h")]
    async fn log_in(login: Login, attempt: u8, ctx: &Context) -> Result<(), String> {
        assert!(ctx.attempt() != 2, "the panic shows {login:?} at {attempt}");
        Err(format!("the error shows {login:?}"))
    }

    let (log, guard) = capture();
    let db = db().await;
    let login = Login { user: "ann@example.com".into(), passwords: vec!["none".into(), SECRET.into()] };
    let id = log_in::enqueue(&db, login, 1).await?;
    let mut shown = Vec::new();
    for _ in 0..3 {
        db.drain_tasks().await?;
        let stored = run(&db, id).await;
        shown.push(stored.last_error.clone().unwrap_or_default());
        shown.push(format!("{stored:?}"));
        hurry(&db).await;
    }
    assert!(shown[0].starts_with("the error shows Login") && shown[2].contains("the panic shows Login"), "{shown:?}");
    // The arguments of another version: serde's errors quote values.
    let args = format!(r#"{{"login":{{"user":"ann@example.com","passwords":"{SECRET}"}},"attempt":1}}"#);
    Task::objects().filter(Task::ID.eq(id)).update(&db, [Task::ARGS.set(args)]).await?;
    db.drain_tasks().await?;
    shown.push(run(&db, id).await.last_error.unwrap_or_default());
    for words in [format!("tasks show {id}"), format!("tasks show {id} --json"), "tasks dead --json".to_owned()] {
        shown.push(command(&db, &words).await.out());
    }
    shown.extend(log.take());
    drop(guard);
    assert!(shown.iter().any(|text| text.contains("***")));
    for text in shown {
        assert!(!text.contains(SECRET) && !text.contains("ann@example.com"), "{text}");
    }
    Ok(())
}

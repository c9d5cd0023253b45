//! The steps that a process of one queue runs. `celery_queue.py` has the same ones.
//!
//! A step prints its result as a line. A worker stays until its standard input ends, so that its memory can be read.

use std::io::{BufRead as _, stdin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::queue::{AT_ONCE, Job, Load, Queue, Result};
use crate::{queues, runs};

/// How often a process that has run all tasks looks whether their ends are stored.
const LOOK: Duration = Duration::from_millis(2);
/// The time after which a worker without runs is idle.
const WARM_UP: Duration = Duration::from_secs(1);

pub async fn run(args: &[String]) -> Result {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [name, url, step, rest @ ..] = &args[..] else { return Err("write `child QUEUE URL STEP`".into()) };
    let queue: Arc<dyn Queue> = Arc::from(queues::open(name, url).await?);
    match (*step, rest) {
        ("tables", []) => queue.create_tables().await,
        ("rows", [clients, seconds]) => {
            rate(clients, seconds, move |number| {
                let queue = Arc::clone(&queue);
                async move { queue.enqueue_with_row(Job::Nothing, number).await }
            })
            .await
        }
        ("saves", [clients, seconds]) => {
            rate(clients, seconds, move |number| {
                let queue = Arc::clone(&queue);
                async move { queue.save(number).await }
            })
            .await
        }
        ("enqueue", [job, count]) => enqueue(&*queue, Job::named(job)?, count.parse()?).await,
        ("drain", [job, count]) => drain(&*queue, Job::named(job)?, count.parse()?).await,
        ("work", [job]) => work(&*queue, Job::named(job)?).await,
        ("produce", []) => produce(queue).await,
        _ => Err(format!("no step is called `{step}`").into()),
    }
}

/// Prints the number of calls per second of all clients together.
async fn rate<F>(clients: &str, seconds: &str, call: impl Fn(i64) -> F + Clone + Send + 'static) -> Result
where
    F: Future<Output = Result> + Send + 'static,
{
    let length = Duration::from_secs_f64(seconds.parse()?);
    // The pool opens its connections, and the first statements are prepared.
    call(0).await?;
    let begin = Instant::now();
    let clients: Vec<_> = (0..clients.parse()?)
        .map(|_: usize| {
            let call = call.clone();
            tokio::spawn(async move {
                let mut calls = 0;
                while begin.elapsed() < length {
                    call(calls).await?;
                    calls += 1;
                }
                Result::Ok(calls)
            })
        })
        .collect();
    let mut calls = 0;
    for client in clients {
        calls += client.await??;
    }
    println!("{}", calls as f64 / begin.elapsed().as_secs_f64());
    Ok(())
}

async fn enqueue(queue: &dyn Queue, job: Job, count: i64) -> Result {
    let begin = Instant::now();
    let mut first = 0;
    while first < count {
        let end = count.min(first + AT_ONCE);
        queue.enqueue_many(job, first..end).await?;
        first = end;
    }
    println!("{}", count as f64 / begin.elapsed().as_secs_f64());
    Ok(())
}

/// Prints the number of runs per second until all ends are stored.
async fn drain(queue: &dyn Queue, job: Job, count: i64) -> Result {
    runs::set_goal(count);
    let begin = Instant::now();
    let drained = async {
        runs::goal_reached().await;
        while queue.has_open_runs().await? {
            tokio::time::sleep(LOOK).await;
        }
        println!("{}", count as f64 / begin.elapsed().as_secs_f64());
        let runs = runs::count();
        if runs != count {
            eprintln!("{count} runs were enqueued, and {runs} tasks ended");
        }
        input_ended().await
    };
    tokio::select! {
        worker = queue.work(job, Load::Many) => worker.and(Err("the worker ended".into())),
        drained = drained => drained,
    }
}

async fn work(queue: &dyn Queue, job: Job) -> Result {
    let ready = async {
        tokio::time::sleep(WARM_UP).await;
        println!("ready");
        input_ended().await
    };
    tokio::select! {
        worker = queue.work(job, Load::Idle) => worker.and(Err("the worker ended".into())),
        ready = ready => ready,
    }
}

/// Enqueues a run with a row for each line of standard input, and prints the time of the commit.
async fn produce(queue: Arc<dyn Queue>) -> Result {
    let mut number = 0;
    loop {
        let read = tokio::task::spawn_blocking(|| stdin().lock().read_line(&mut String::new())).await??;
        if read == 0 {
            return Ok(());
        }
        queue.enqueue_with_row(Job::Stamp, number).await?;
        runs::print_stamp(number);
        number += 1;
    }
}

/// Waits until the process that started this one closes its input.
async fn input_ended() -> Result {
    tokio::task::spawn_blocking(|| while stdin().lock().read_line(&mut String::new()).is_ok_and(|read| read > 0) {})
        .await?;
    Ok(())
}

//! The load: tasks that call, and are dropped or fail, until the time is over.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use signals::{Db, Result};

use crate::calls::{Call, Worker};
use crate::outcome::Outcome;
use crate::random::Random;
use crate::report;
use crate::settings::Settings;
use crate::told::{self, CURRENT, Current, Event, Mishap, Refused, told_in_this_call};

/// How often a call that the database gave up is made.
const TRIES: u32 = 4;

#[derive(Debug, Clone)]
pub struct Load {
    pub settings: Settings,
    pub name: &'static str,
    /// Whether connections are lost, so that a commit may be unknown.
    pub loses_connections: bool,
}

impl Load {
    pub fn of(settings: &Settings, name: &'static str) -> Self {
        Self { settings: settings.clone(), name, loses_connections: false }
    }
}

/// The ways in which a call may end, as the summary names them.
pub const ENDS: [&str; 8] = ["done", "refused", "panicked", "dropped", "missed", "crowded", "lost", "failed"];

/// What a load did.
#[derive(Debug, Default)]
pub struct Done {
    /// How often each call ended how.
    pub ends: BTreeMap<(Call, &'static str), u64>,
    /// What no call should fail with, and how often.
    pub failures: BTreeMap<String, u64>,
    /// The signals of calls whose commit is unknown.
    pub unknown: Vec<Event>,
    /// Whether there may be such calls.
    pub is_uncertain: bool,
}

impl Done {
    /// How many calls ended so.
    pub fn ended(&self, how: &str) -> u64 {
        self.ends.iter().filter(|((_, end), _)| *end == how).map(|(_, times)| times).sum()
    }

    /// How many calls were made.
    pub fn made(&self) -> u64 {
        self.ends.values().sum()
    }

    fn merge(&mut self, other: Self) {
        for (end, times) in other.ends {
            *self.ends.entry(end).or_default() += times;
        }
        for (text, times) in other.failures {
            *self.failures.entry(text).or_default() += times;
        }
        self.unknown.extend(other.unknown);
    }
}

/// Runs it.
pub async fn load(db: &Db, load: &Load) -> Done {
    told::silence_panics();
    let made = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + Duration::from_secs(load.settings.seconds);
    let tasks: Vec<_> = (0..load.settings.tasks)
        .map(|task| tokio::spawn(work(db.clone(), load.clone(), task, until, Arc::clone(&made))))
        .collect();
    let progress = load.settings.is_long().then(|| tokio::spawn(report::progress(load.name, Arc::clone(&made))));
    let mut done = Done { is_uncertain: load.loses_connections, ..Done::default() };
    for task in tasks {
        done.merge(task.await.unwrap());
    }
    progress.inspect(tokio::task::JoinHandle::abort);
    done
}

async fn work(db: Db, load: Load, task: usize, until: Instant, made: Arc<AtomicU64>) -> Done {
    let settings = &load.settings;
    let seed = settings.seed.wrapping_add(u64::try_from(task).unwrap().wrapping_mul(0x5851_F42D_4C95_7F2D));
    let mut worker = Worker::new(Random::new(seed), settings.calls.clone());
    let mut done = Done::default();
    while Instant::now() < until {
        let call = Call::choose(&settings.calls, &mut worker.random);
        for again in 1..=TRIES {
            made.fetch_add(1, SeqCst);
            let (end, told) = once(&mut worker, call, &db, &load).await;
            if let End::Lost | End::Dropped = end {
                done.unknown.extend(told);
            }
            *done.ends.entry((call, end.name())).or_default() += 1;
            match end {
                End::Crowded => {
                    let pause = worker.random.below(10 * u64::from(again));
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                End::Failed(text) => {
                    *done.failures.entry(format!("{call:?}: {text}")).or_default() += 1;
                    break;
                }
                _ => break,
            }
        }
    }
    done
}

/// How a call ended.
enum End {
    Done,
    Panicked,
    Dropped,
    Refused,
    Missed,
    Crowded,
    Lost,
    Failed(String),
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Panicked => "panicked",
            Self::Dropped => "dropped",
            Self::Missed => "missed",
            Self::Crowded => "crowded",
            Self::Lost => "lost",
            Self::Failed(_) => "failed",
        }
    }
}

/// Makes a call once, with the mishap that it draws. Returns also what its receivers were sent.
async fn once(worker: &mut Worker, call: Call, db: &Db, load: &Load) -> (End, Vec<Event>) {
    let settings = &load.settings;
    let random = &mut worker.random;
    let polls = random.percent(settings.drop).then(|| 1 + random.below(40));
    let mishap = match random.below(100) {
        draw if draw < settings.panic => Some(Mishap::Panic),
        draw if draw < settings.panic + settings.fail => Some(Mishap::Error),
        _ => None,
    };
    let mishap = mishap.map(|mishap| (random.below(6), mishap));
    CURRENT
        .scope(Current::new(mishap), async {
            let future = PolledAtMost { future: Some(Box::pin(worker.call(call, db))), polls };
            let end = match AssertUnwindSafe(future).catch_unwind().await {
                Err(panic) if panic.is::<Refused>() => End::Panicked,
                Err(panic) => End::Failed(format!("it panicked: {}", text_of(&*panic))),
                Ok(None) => End::Dropped,
                Ok(Some(outcome)) => end_of(outcome, load),
            };
            (end, told_in_this_call())
        })
        .await
}

fn end_of(outcome: Result<()>, load: &Load) -> End {
    let Err(error) = outcome else { return End::Done };
    match Outcome::of(&error) {
        Outcome::Refused => End::Refused,
        Outcome::Missed => End::Missed,
        Outcome::Crowded => End::Crowded,
        Outcome::Lost => End::Lost,
        Outcome::Ended if load.loses_connections => End::Lost,
        Outcome::Ended => End::Failed(error.to_string()),
        Outcome::Failed(text) => End::Failed(text),
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// A future that is dropped when it was polled so often.
struct PolledAtMost<F> {
    future: Option<Pin<Box<F>>>,
    polls: Option<u64>,
}

impl<F: Future> Future for PolledAtMost<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.polls {
            Some(0) => {
                self.future = None;
                return Poll::Ready(None);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        future.as_mut().poll(context).map(Some)
    }
}

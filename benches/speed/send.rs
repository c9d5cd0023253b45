//! Sends of a custom signal, compared with calls of the same functions from a list.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signals::signal;

use super::pair::{Goal, Plan, head, pair};

signal! {
    /// A signal without receivers.
    pub sync_0 {
        #[expect(dead_code, reason = "no receiver reads it")]
        total: u64,
    }
    pub sync_1 { total: u64 }
    pub sync_10 { total: u64 }
    pub sync_100 { total: u64 }
    /// A signal without receivers.
    pub async_0 {
        #[expect(dead_code, reason = "no receiver reads it")]
        total: u64,
    }
    pub async_1 { total: u64 }
    pub async_10 { total: u64 }
    pub async_100 { total: u64 }
}

/// The work of every receiver.
fn add(total: &mut u64) {
    *total = black_box(*total + 1);
}

macro_rules! receivers {
    ($module:ident of $sync:ident, $async:ident: $($name:ident)*) => {
        mod $module {
            mod sync {
                $(#[signals::receiver(crate::send::$sync)]
                fn $name(total: &mut u64) {
                    crate::send::add(total);
                })*
            }
            mod asynchronous {
                $(#[signals::receiver(crate::send::$async)]
                async fn $name(total: &mut u64) {
                    crate::send::add(total);
                })*
            }
        }
    };
}

receivers! { one of sync_1, async_1: a }
receivers! { ten of sync_10, async_10: a b c d e f g h i j }
receivers! { hundred of sync_100, async_100:
    aa ab ac ad ae af ag ah ai aj ba bb bc bd be bf bg bh bi bj
    ca cb cc cd ce cf cg ch ci cj da db dc dd de df dg dh di dj
    ea eb ec ed ee ef eg eh ei ej fa fb fc fd fe ff fg fh fi fj
    ga gb gc gd ge gf gg gh gi gj ha hb hc hd he hf hg hh hi hj
    ia ib ic id ie if_ ig ih ii ij ja jb jc jd je jf jg jh ji jj
}

/// A signal that can be sent many times in a row.
trait Many: Sync {
    async fn send_many(&self, n: u32);
}

macro_rules! many {
    ($($signal:ident $payload:ident)*) => {$(
        impl Many for $signal {
            async fn send_many(&self, n: u32) {
                for _ in 0..n {
                    black_box($signal.send($payload { total: black_box(0) }).await.is_ok());
                }
            }
        }
    )*};
}

many! {
    sync_0 Sync0 sync_1 Sync1 sync_10 Sync10 sync_100 Sync100
    async_0 Async0 async_1 Async1 async_10 Async10 async_100 Async100
}

/// Runs the cases from one thread and from two.
pub async fn run(plan: &Plan) {
    for threads in [1, 2] {
        head(
            plan,
            &format!("One send of a signal from {threads} thread(s), the twin calling a list of functions by hand"),
        );
        sync(plan, &sync_0, 0, Goal::Nanos(5.0), threads).await;
        sync(plan, &sync_1, 1, Goal::Shown, threads).await;
        sync(plan, &sync_10, 10, Goal::Nanos(50.0), threads).await;
        sync(plan, &sync_100, 100, Goal::Shown, threads).await;
        asynchronous(plan, &async_0, 0, Goal::Nanos(5.0), threads).await;
        asynchronous(plan, &async_1, 1, Goal::Shown, threads).await;
        asynchronous(plan, &async_10, 10, Goal::Nanos(500.0), threads).await;
        asynchronous(plan, &async_100, 100, Goal::Shown, threads).await;
    }
}

async fn sync(plan: &Plan, signal: &impl Many, receivers: usize, goal: Goal, threads: usize) {
    let list: Vec<fn(&mut u64)> = black_box(vec![add; receivers]);
    let by_hand = |n| {
        for _ in 0..n {
            let mut total = black_box(0);
            for function in &list {
                function(&mut total);
            }
            black_box(total);
        }
    };
    case(plan, &format!("send to {receivers} sync receivers, {threads} thread(s)"), goal, threads, signal, by_hand)
        .await;
}

async fn asynchronous(plan: &Plan, signal: &impl Many, receivers: usize, goal: Goal, threads: usize) {
    type Boxed = for<'a> fn(&'a mut u64) -> BoxFuture<'a, ()>;
    let boxed: Boxed = |total| Box::pin(async move { add(total) });
    let list = black_box(vec![boxed; receivers]);
    let by_hand = |n| {
        let work = async {
            for _ in 0..n {
                let mut total = black_box(0);
                for function in &list {
                    function(&mut total).await;
                }
                black_box(total);
            }
        };
        work.now_or_never().unwrap();
    };
    case(plan, &format!("send to {receivers} async receivers, {threads} thread(s)"), goal, threads, signal, by_hand)
        .await;
}

async fn case(plan: &Plan, name: &str, goal: Goal, threads: usize, signal: &impl Many, by_hand: impl Fn(u32) + Sync) {
    // No receiver waits for anything, so the first poll completes.
    let ours = async |n| together(threads, || signal.send_many(n).now_or_never().unwrap());
    let twin = async |n| together(threads, || by_hand(n));
    pair(plan, name, goal, ours, twin).await;
}

/// Runs `work` on this number of threads at once, and returns the time of the slowest.
fn together(threads: usize, work: impl Fn() + Sync) -> Duration {
    let start = Barrier::new(threads);
    let timed = || {
        start.wait();
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    if threads == 1 {
        return timed();
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).max().unwrap_or_default()
    })
}

//! The signal of beats.

use std::time::SystemTime;

use tokio::runtime::Handle;

use crate::time::system_time;

signals_derive::signal! {
    /// Sent after a beat has decided a tick of a schedule, in the process of that beat. Of several beats, one decides
    /// a tick.
    ///
    /// It is sent by `notify`, after the commit, in a task of the application's runtime. The beat does not wait for the
    /// receivers, so they cannot delay a tick, and the order of two sends is not defined. There is no sender.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::receiver;
    /// use signals::tasks::beat_ticked;
    ///
    /// #[receiver(beat_ticked)]
    /// fn log(task: &str, runs: usize) {
    ///     println!("{task}: {runs} runs are enqueued");
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub beat_ticked<'a> {
        /// The name of the task.
        task: &'a str,
        /// The tick. If several were due at once, it is the last of them.
        tick: SystemTime,
        /// The number of runs that were enqueued. It is 0 if the tick was skipped, because a run of the schedule has
        /// not ended or because the schedule is paused. It is more than 1 if missed ticks are runs too.
        runs: usize,
    }
}

/// Sends that a tick was decided: on this runtime, or at once.
pub(super) async fn ticked(runtime: Option<&Handle>, task: &'static str, tick: i64, runs: usize) {
    let Some(tick) = system_time(tick).filter(|_| beat_ticked.has_receivers()) else { return };
    let send = async move {
        beat_ticked.notify(BeatTicked { task, tick, runs }).await;
    };
    match runtime {
        Some(runtime) => drop(runtime.spawn(send)),
        None => send.await,
    }
}

//! The signals of workers.

use super::Stopped;

signals_derive::signal! {
    /// Sent when a worker starts, before its first claim.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub worker_started<'a> {
        /// The worker, as in `signals_worker`.
        worker: &'a str,
        /// The maximum number of concurrent runs.
        concurrency: usize,
    }

    /// Sent when a worker has stopped, after its last end was written.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub worker_stopped<'a> {
        /// The worker, as in `signals_worker`.
        worker: &'a str,
        /// What it left behind.
        stopped: &'a Stopped,
    }
}

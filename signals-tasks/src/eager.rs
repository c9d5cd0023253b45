//! Runs tasks as soon as they are enqueued, for tests.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use signals_core::db::Db;

use crate::draining::{Drained, drain};
use crate::wake::{self, RunEagerly};

/// The runs of a database while its tasks run eagerly: see
/// [`run_tasks_eagerly`](crate::DbTasks::run_tasks_eagerly). Dropping it ends that. A later
/// value of the same database replaces it.
#[must_use = "tasks run eagerly until it is dropped"]
pub struct EagerTasks {
    database: usize,
    state: Arc<Mutex<State>>,
    run: RunEagerly,
}

#[derive(Debug, Default)]
struct State {
    drained: Drained,
    errors: Vec<String>,
}

tokio::task_local! {
    /// The database whose tasks the present task runs.
    static RUNNING: usize;
}

impl EagerTasks {
    pub(crate) fn new(db: &Db) -> Self {
        let (database, state) = (db.identity(), Arc::new(Mutex::new(State::default())));
        let own = Arc::clone(&state);
        let run: RunEagerly = Arc::new(move |db| run(db, Arc::clone(&own)).boxed());
        wake::set_eager(database, Arc::clone(&run));
        Self { database, state, run }
    }

    /// Returns the number of runs so far, by their ends. A failed run has its error in `last_error` of its row.
    pub fn drained(&self) -> Drained {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).drained
    }

    /// Returns the errors of the database because of which due runs were not run.
    pub fn errors(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).errors.clone()
    }
}

/// Runs all due runs. Those that a task enqueues meanwhile are run by the same call.
async fn run(db: Db, state: Arc<Mutex<State>>) {
    let database = db.identity();
    if RUNNING.try_with(|running| *running == database).unwrap_or(false) {
        return;
    }
    let mut drained = Drained::default();
    let result = RUNNING.scope(database, drain(&db, &mut drained)).await;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.drained.add(drained);
    if let Err(error) = result {
        tracing::error!(target: "signals", %error, "tasks were not run eagerly");
        state.errors.push(error.to_string());
    }
}

impl Drop for EagerTasks {
    fn drop(&mut self) {
        wake::end_eager(self.database, &self.run);
    }
}

impl fmt::Debug for EagerTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EagerTasks").field("drained", &self.drained()).field("errors", &self.errors()).finish()
    }
}

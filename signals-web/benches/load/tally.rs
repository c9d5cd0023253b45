//! The signals of each request of a run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use signals::receiver;
use signals::web::{RequestOutcome, got_request_exception, request_finished, request_started};

use crate::pages::Page;

/// The signals of one request.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    /// The calls of the service.
    called: u32,
    /// The calls of the sync receiver and of the async one.
    started: [u32; 2],
    excepted: u32,
    finished: [u32; 2],
    outcome: Option<RequestOutcome>,
    /// The page, if the client waited for the whole response.
    stayed: Option<Page>,
}

static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

fn records() -> MutexGuard<'static, Vec<Record>> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets all signals, and reserves space for this number of requests.
pub fn clear(requests: u32) {
    let mut records = records();
    records.clear();
    records.resize(requests as usize, Record::default());
}

fn note(id: &str, note: impl FnOnce(&mut Record)) {
    let number: usize = id.parse().expect("each request has its number");
    note(&mut records()[number]);
}

/// Records that a request passed through the layer.
pub fn called(headers: &HeaderMap) {
    note(headers["x-request-id"].to_str().unwrap(), |record| record.called += 1);
}

/// Records that a client waited for the whole response.
pub fn stayed(number: u32, page: Page) {
    records()[number as usize].stayed = Some(page);
}

#[receiver(request_started)]
fn start(id: &str) {
    note(id, |record| record.started[0] += 1);
}

#[receiver(request_started)]
async fn start_later(id: &str) {
    tokio::task::yield_now().await;
    note(id, |record| record.started[1] += 1);
}

#[receiver(got_request_exception)]
fn except(id: &str) {
    note(id, |record| record.excepted += 1);
}

#[receiver(request_finished)]
fn finish(id: &str, outcome: RequestOutcome) {
    note(id, |record| {
        record.finished[0] += 1;
        record.outcome = Some(outcome);
    });
}

#[receiver(request_finished)]
async fn finish_later(id: &str) {
    tokio::task::yield_now().await;
    note(id, |record| record.finished[1] += 1);
}

impl Record {
    /// Checks that the signals are consistent.
    fn check(&self, number: usize) {
        let [started, ..] = self.started;
        let fits = started <= 1 && self.called <= started && self.excepted <= self.called;
        assert!(fits && self.started == [started; 2] && self.finished == [started; 2], "request {number}: {self:?}");
        let Some(page) = self.stayed else { return };
        let is_as_expected = self.outcome == Some(page.outcome()) && self.excepted == u32::from(page.is_exception());
        assert!(is_as_expected, "request {number}, whose client stayed: {self:?}");
    }
}

/// The sums of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    pub asked: usize,
    pub stayed: usize,
    pub called: u32,
    pub started: u32,
    pub exceptions: u32,
    pub finished: u32,
    /// The numbers of completed, aborted, failed and panicked requests.
    pub outcomes: [usize; 4],
}

/// Returns the sums, after checking each request separately.
pub fn totals() -> Totals {
    let records = records();
    records.iter().enumerate().for_each(|(number, record)| record.check(number));
    let outcomes =
        [RequestOutcome::Completed, RequestOutcome::Aborted, RequestOutcome::Failed, RequestOutcome::Panicked];
    let count = |outcome| records.iter().filter(|record| record.outcome == Some(outcome)).count();
    Totals {
        asked: records.len(),
        stayed: records.iter().filter(|record| record.stayed.is_some()).count(),
        called: records.iter().map(|record| record.called).sum(),
        started: records.iter().map(|record| record.started[0]).sum(),
        exceptions: records.iter().map(|record| record.excepted).sum(),
        finished: records.iter().map(|record| record.finished[0]).sum(),
        outcomes: outcomes.map(count),
    }
}

//! Three receivers, one of each signal, that count.

use std::sync::atomic::{AtomicU64, Ordering};

use signals::receivers::ReceiverId;
use signals::web::{got_request_exception, request_finished, request_started};

/// The kind of the receivers.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Sync,
    Async,
}

static HEARD: AtomicU64 = AtomicU64::new(0);

fn count() {
    HEARD.fetch_add(1, Ordering::Relaxed);
}

/// The receivers, connected until this is dropped.
pub struct Connected([ReceiverId; 3]);

macro_rules! connect {
    ($($signal:ident)*) => {
        /// Connects them.
        pub fn connect(kind: Kind) -> Connected {
            Connected([$(match kind {
                Kind::Sync => $signal.connect("count", |_| { count(); Ok(()) }).unwrap(),
                Kind::Async => $signal.connect_async("count", |_| Box::pin(async { count(); Ok(()) })).unwrap(),
            }),*])
        }
    };
}

connect! { request_started request_finished got_request_exception }

impl Drop for Connected {
    fn drop(&mut self) {
        for id in self.0 {
            request_started.disconnect(id);
        }
    }
}

//! Turns the writes that triggers recorded into runs.

use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::capture::{self, BATCH, CapturedKind};

/// The pause if there is more to do.
const SHORT: Duration = Duration::from_millis(10);

/// The largest factor of the pause after failures.
const LARGEST: u32 = 32;

/// The number of polls between two looks for refused writes, which are due after a minute or more.
const REFUSED: u32 = 8;

/// Looks for recorded writes of a kind until it is dropped. After a failure, which may be the time limit of the
/// transaction, the next one sends half as many, after a pause that doubles with each failure.
pub(super) async fn capturing(shared: Arc<Shared>, kind: CapturedKind) {
    let (mut limit, mut factor) = (BATCH, 1);
    let poll = match kind {
        CapturedKind::New => shared.settings.poll,
        CapturedKind::Refused => shared.settings.poll.saturating_mul(REFUSED),
    };
    loop {
        let pause = match shared.within(capture::send_batch(&shared.own, kind, limit)).await {
            Ok(has_more) => {
                (limit, factor) = ((limit * 2).min(BATCH), 1);
                if has_more { SHORT.min(poll) } else { poll }
            }
            Err(error) => {
                shared.errors.failed("to look for captured writes", &error);
                let pause = poll.saturating_mul(factor);
                (limit, factor) = ((limit / 2).max(1), (factor * 2).min(LARGEST));
                pause
            }
        };
        tokio::time::sleep(pause).await;
    }
}

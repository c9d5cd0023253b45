//! The queues and figures of the table.

/// A queue that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Signals,
    Apalis,
    Graphile,
    Celery,
}

impl Peer {
    pub const ALL: [Self; 4] = [Self::Signals, Self::Apalis, Self::Graphile, Self::Celery];

    pub fn name(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Apalis => "apalis",
            Self::Graphile => "graphile",
            Self::Celery => "celery",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Signals => "this library",
            Self::Apalis => "apalis 1.0",
            Self::Graphile => "graphile_worker 0.14",
            Self::Celery => "Celery 5",
        }
    }

    /// Returns whether the effect of a run and its end are one commit.
    pub fn is_atomic(self) -> bool {
        self == Self::Signals
    }
}

/// What is measured in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Rates,
    Latency,
    Idle,
    Memory,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Rates, Self::Latency, Self::Idle, Self::Memory];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rates => "rates",
            Self::Latency => "latency",
            Self::Idle => "idle",
            Self::Memory => "memory",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Rows,
    Saves,
    Enqueue,
    Nothing,
    Effect,
    LatencyMedian,
    Latency95,
    Idle,
    IdleServer,
    Memory,
}

impl Figure {
    pub const ALL: [Self; 10] = [
        Self::Rows,
        Self::Saves,
        Self::Enqueue,
        Self::Nothing,
        Self::Effect,
        Self::LatencyMedian,
        Self::Latency95,
        Self::Idle,
        Self::IdleServer,
        Self::Memory,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Rows => "a row and an enqueue in one transaction, per second",
            Self::Saves => "a save with a durable receiver, per second",
            Self::Enqueue => "enqueues without a row, per second",
            Self::Nothing => "runs without an effect, per second",
            Self::Effect => "runs whose row and end are one commit, per second",
            Self::LatencyMedian => "commit to start in another process, p50",
            Self::Latency95 => "the same, p95",
            Self::Idle => "processor time of an idle worker, of one core",
            Self::IdleServer => "of the server meanwhile",
            Self::Memory => "peak memory of a worker with 100,000 open runs",
        }
    }

    /// Formats a median.
    pub fn cell(self, value: f64, peer: Peer) -> String {
        match self {
            Self::Effect if !peer.is_atomic() => format!("not atomic; {} in two commits", thousands(value)),
            Self::Rows | Self::Saves | Self::Enqueue | Self::Nothing | Self::Effect => thousands(value),
            Self::LatencyMedian | Self::Latency95 => format!("{value:.1} ms"),
            Self::Idle | Self::IdleServer => format!("{value:.2} %"),
            Self::Memory => format!("{value:.0} MiB"),
        }
    }
}

/// Formats a whole number with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

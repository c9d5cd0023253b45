//! The log of a worker.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The level of the events that a worker logs, with Celery's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum LogLevel {
    /// Everything, with the statements of sqlx.
    Trace,
    /// What helps to find a mistake.
    Debug,
    /// The start and end of the worker and of each run.
    Info,
    /// Failed attempts, and what else may need attention.
    #[value(alias = "warn")]
    Warning,
    /// Dead runs, and failures of the database.
    Error,
    /// The same as `error`: tracing has no higher level.
    #[value(alias = "fatal")]
    Critical,
}

impl LogLevel {
    /// Returns the filter. The statements of sqlx are one level lower, because each claim has some.
    fn filter(self) -> EnvFilter {
        EnvFilter::new(match self {
            Self::Trace => "trace",
            Self::Debug => "debug,sqlx=info",
            Self::Info => "info,sqlx=warn",
            Self::Warning => "warn",
            Self::Error | Self::Critical => "error",
        })
    }
}

/// Logs to the standard error, unless the program has installed a subscriber. `RUST_LOG` takes precedence over
/// the level.
pub(crate) fn install(level: LogLevel) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let from_env = std::env::var("RUST_LOG").ok().filter(|directives| !directives.is_empty());
    let parsed = from_env.as_deref().map(EnvFilter::try_new);
    let wrong = parsed.as_ref().and_then(|parsed| parsed.as_ref().err().map(ToString::to_string));
    let filter = parsed.and_then(Result::ok).unwrap_or_else(|| level.filter());
    // `with_ansi` would override the variable.
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_colored = io::stderr().is_terminal() && !no_color;
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(is_colored);
    // The filter is a layer, and not that of a layer: sqlx asks whether a level is enabled before it logs, after
    // which a layer's filter would drop the next event. An error means that another thread has installed a
    // subscriber since.
    if tracing_subscriber::registry().with(filter).with(layer).try_init().is_ok()
        && let Some(wrong) = wrong
    {
        tracing::warn!(target: "signals", "RUST_LOG is ignored: {wrong}");
    }
}

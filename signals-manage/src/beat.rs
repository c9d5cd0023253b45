//! `beat`.

use clap::Args;
use signals_core::db::Db;
use signals_tasks::Beat;

use crate::exit::Failure;
use crate::logging::{self, LogLevel};

/// The arguments of `beat`.
#[derive(Debug, Clone, Args)]
pub struct BeatArgs {
    /// The lowest level to log. The variable `RUST_LOG` takes precedence
    #[arg(short = 'l', long, value_enum, ignore_case = true, default_value = "info", value_name = "LEVEL")]
    loglevel: LogLevel,
}

impl BeatArgs {
    pub(crate) async fn run(&self, db: &Db) -> Result<(), Failure> {
        logging::install(self.loglevel);
        Ok(Beat::new(db).run().await?)
    }
}

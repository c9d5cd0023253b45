//! The command line: what it prints, what it changes, and its exit codes.

mod changing;
mod checking;
mod listing;
mod migrating;
mod parsing;
mod sql;
mod working;

use clap::Parser;
use signals::manage::{Command, Exit};
use signals::tasks::{Context, Retry, task};
use signals::{BoxError, Db};

/// The command line of a program that has nothing else.
#[derive(Debug, Parser)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The end of a command, and what it printed.
#[derive(Debug)]
pub struct Printed {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

impl Printed {
    /// Returns the output of a command that succeeded without an error or a note.
    #[track_caller]
    pub fn out(self) -> String {
        assert_eq!((self.exit, self.err.as_str()), (Exit::Success, ""), "{}", self.out);
        self.out
    }

    /// Returns the error of a command that ended so, without its first word.
    #[track_caller]
    pub fn error(self, exit: Exit) -> String {
        assert_eq!(self.exit, exit, "{self:?}");
        self.err.strip_prefix("error: ").unwrap_or_else(|| panic!("{self:?}")).trim_end().to_owned()
    }
}

/// Runs a command, whose words are separated by spaces.
pub async fn command(db: &Db, words: &str) -> Printed {
    // So that `worker` installs no other subscriber.
    behavior::watch();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = parsed(words).run_with(db, &mut out, &mut err).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Printed { exit, out: text(out), err: text(err) }
}

/// Returns the command of these words.
pub fn parsed(words: &str) -> Command {
    Cli::try_parse_from(std::iter::once("app").chain(words.split(' '))).unwrap().command
}

/// Charges an order, or fails.
#[task(name = "shop.charge", queue = "payments", max_attempts = 1)]
pub async fn charge(order: i64, ctx: &Context) -> Result<(), BoxError> {
    match order {
        0 => Err(Retry::never().because("the card is refused\nfor good \u{1b}[31m").into()),
        1 => Err(format!("attempt {}", ctx.attempt()).into()),
        _ => Ok(()),
    }
}

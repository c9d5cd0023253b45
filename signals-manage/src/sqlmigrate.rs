//! `sqlmigrate`.

use clap::Args;
use signals_core::db::Db;

use crate::console::Console;
use crate::exit::Failure;
use crate::migrations::FolderArgs;

/// The arguments of `sqlmigrate`.
#[derive(Debug, Clone, Args)]
pub struct SqlmigrateArgs {
    /// The version, or `latest`
    #[arg(value_name = "VERSION|latest", value_parser = version)]
    version: Version,
    /// Prints the SQL that reverses the migration
    #[arg(long)]
    down: bool,
    #[command(flatten)]
    folder: FolderArgs,
}

/// A version, or the greatest one.
#[derive(Debug, Clone, Copy)]
struct Version(Option<i64>);

fn version(text: &str) -> Result<Version, String> {
    match text {
        "latest" => Ok(Version(None)),
        text => {
            text.parse().map(|version| Version(Some(version))).map_err(|_| "it is a number, or `latest`".to_owned())
        }
    }
}

impl SqlmigrateArgs {
    pub(crate) fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let folder = self.folder.of(db);
        let Some(file) = folder.file(self.version.0, self.down) else {
            let what = self.version.0.map_or_else(|| "migration".to_owned(), |version| format!("migration {version}"));
            let what = if self.down { format!("reversible {what}") } else { what };
            return Err(Failure::missing(format!("there is no {what} in {}", folder.path().display())));
        };
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::missing(format!("{} cannot be read: {error}", file.display())))?;
        console.print(text.trim_end())
    }
}

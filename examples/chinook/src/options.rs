//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: chinook [--database URL] FILE

  FILE             the Chinook data, as JSON
  --database URL   where to load it; `sqlite::memory:` by default, or for instance
                   `sqlite://chinook.db?mode=rwc`, `postgres://localhost/chinook`, `mysql://localhost/chinook`";

/// The options of the command line.
pub(crate) enum Request {
    Load(Options),
    Help,
}

/// The file to load, and the database.
pub(crate) struct Options {
    pub(crate) path: PathBuf,
    pub(crate) database: String,
}

/// Reads the arguments without the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Request, String> {
    let mut path = None;
    let mut database = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Request::Help),
            Some("--database") => {
                let url = arguments.next().ok_or("`--database` needs a URL")?;
                let url = url.into_string().map_err(|_| "the URL is not UTF-8")?;
                if database.replace(url).is_some() {
                    return Err("`--database` is given twice".into());
                }
            }
            Some(unknown) if unknown.starts_with('-') => return Err(format!("unknown option `{unknown}`")),
            // A path need not be UTF-8.
            _ => {
                if path.replace(PathBuf::from(argument)).is_some() {
                    return Err("more than one file is given".into());
                }
            }
        }
    }
    let path = path.ok_or("which file?")?;
    let database = database.unwrap_or_else(|| "sqlite::memory:".into());
    Ok(Request::Load(Options { path, database }))
}

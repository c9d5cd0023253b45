//! The command line.

pub(crate) const USAGE: &str = "\
usage: web [--database URL] [PORT]

  PORT             where to listen on this machine; 8000 by default, 0 for any that is free
  --database URL   where to keep everything; `sqlite::memory:` by default, or for instance
                   `sqlite://web.db?mode=rwc`, so that users and their sessions outlive the program";

/// The options of the command line.
pub(crate) enum Request {
    Serve(Options),
    Help,
}

/// The port and the database.
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) database: String,
}

/// Reads the arguments without the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Request, String> {
    let mut port = None;
    let mut database = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--database" => {
                let url = arguments.next().ok_or("`--database` needs a URL")?;
                if database.replace(url).is_some() {
                    return Err("`--database` is given twice".into());
                }
            }
            unknown if unknown.starts_with('-') => return Err(format!("unknown option `{unknown}`")),
            number => {
                let number = number.parse().map_err(|_| format!("`{number}` is no port; ports are 0 to 65535"))?;
                if port.replace(number).is_some() {
                    return Err("more than one port is given".into());
                }
            }
        }
    }
    let database = database.unwrap_or_else(|| "sqlite::memory:".into());
    Ok(Request::Serve(Options { port: port.unwrap_or(8000), database }))
}

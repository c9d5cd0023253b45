//! The URLs of databases: their parameters, and the parts that may be shown.

use std::fmt::Write as _;

/// The text that replaces a secret.
const HIDDEN: &str = "***";

/// Parameters that hold no secret.
const SHOWN: &[&str] = &[
    "application_name",
    "cache",
    "charset",
    "collation",
    "dbname",
    "host",
    "hostaddr",
    "immutable",
    "mode",
    "port",
    "socket",
    "ssl-mode",
    "sslmode",
    "statement-cache-capacity",
    "time-zone",
    "timezone",
    "user",
    "vfs",
];

/// Parameters whose values may hold a secret.
const SECRET: &[&str] = &[
    "key",
    "options",
    "passfile",
    "password",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-root-cert",
    "sslca",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslrootcert",
];

/// Returns the parameters of a URL, decoded.
pub(super) fn parameters(url: &str) -> impl Iterator<Item = (String, String)> {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    query.split('&').filter(|piece| !piece.is_empty()).map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        (of_query(name), of_query(value))
    })
}

/// Decodes a text in which `%41` means `A`.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = behind.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn of_query(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

/// Returns the URL for messages, `Debug` and events: without user, password and values that may be secret.
///
/// A mistyped URL keeps its secrets too: every part that is not known to be harmless is hidden.
pub(crate) fn masked(url: &str) -> String {
    let shown = if let Some(rest) = url.strip_prefix("sqlite:") {
        let (name, query) = rest.split_once('?').map_or((rest, None), |(name, query)| (name, Some(query)));
        format!("sqlite:{}{}", path(name), query.map(query_of).unwrap_or_default())
    } else {
        match url.split_once("://").filter(|(scheme, _)| scheme.chars().all(is_of_scheme)) {
            Some((scheme, rest)) => format!("{scheme}://{}", server(rest)),
            None if url.contains('@') => server(url),
            None if url.chars().all(is_of_name) => url.to_owned(),
            None => HIDDEN.to_owned(),
        }
    };
    // A line break would allow a forged line in a log.
    shown.chars().fold(String::with_capacity(shown.len()), |mut text, char| {
        let _ = if char.is_control() { write!(text, "{}", char.escape_default()) } else { text.write_char(char) };
        text
    })
}

fn is_of_scheme(char: char) -> bool {
    char.is_ascii_alphanumeric() || "+-.".contains(char)
}

fn is_of_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._/".contains(char)
}

/// Returns the part after the scheme of a server's URL.
fn server(rest: &str) -> String {
    // A password may contain any character that was not encoded, so it ends before the last `@`. An `@` after
    // a `?` or a `#` may belong to the password of a user or of a parameter, so nothing is shown.
    if rest.find(['?', '#']).is_some_and(|tail| rest.rfind('@').is_some_and(|at| tail < at)) {
        return HIDDEN.to_owned();
    }
    let (user, rest) = rest.rfind('@').map_or(("", rest), |at| ("***@", rest.split_at(at + 1).1));
    let (place, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (host, database) = place.split_at(place.find('/').unwrap_or(place.len()));
    let (query, fragment) = tail.split_at(tail.find('#').unwrap_or(tail.len()));
    let query = query.strip_prefix('?').map(query_of).unwrap_or_default();
    let fragment = if fragment.is_empty() { "" } else { "#***" };
    format!("{user}{}{}{query}{fragment}", host_and_port(host), path(database))
}

/// Returns the host with its port. Without an `@`, the text may be a password.
fn host_and_port(text: &str) -> String {
    let end_of_host = text.find(']').map_or(0, |end| end + 1);
    let (address, rest) = text.split_at(end_of_host);
    match rest.split_once(':') {
        Some((host, port)) if !port.chars().all(|char| char.is_ascii_digit()) => format!("{address}{host}:{HIDDEN}"),
        // A host has no encoded `:`, `@` or `?`.
        _ if decoded(rest.split(':').next().unwrap_or_default()).contains(['@', ':', '?']) => HIDDEN.to_owned(),
        _ => text.to_owned(),
    }
}

/// Returns a path without parameters that are encoded in it.
fn path(text: &str) -> String {
    match text.to_ascii_lowercase().find("%3f") {
        Some(end) => format!("{}{HIDDEN}", text.split_at(end).0),
        None => text.to_owned(),
    }
}

fn query_of(query: &str) -> String {
    let shown = query.split('&').map(|piece| {
        let name = piece.split_once('=').map(|(name, _)| of_query(name).to_ascii_lowercase());
        match name.as_deref() {
            Some(name) if SHOWN.contains(&name) => piece.to_owned(),
            Some(name) if SECRET.contains(&name) => format!("{name}={HIDDEN}"),
            _ => HIDDEN.to_owned(),
        }
    });
    format!("?{}", shown.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::{decoded, masked, parameters};

    #[test]
    fn no_form_of_a_url_shows_its_secret() {
        let urls = [
            "postgres://app:hunter2@db.example:5432/shop?sslmode=require",
            "postgres://app:hun@ter2@db.example/shop",
            "postgres://app:hun%40ter2@db.example/shop",
            "postgres://app:hun/ter2@db.example/shop",
            "postgres://app:hun?ter2@db.example/shop",
            "postgres://app:hun#ter2@db.example/shop",
            "postgres://app@corp:hunter2@db.example/shop",
            "postgres://app:hunter2@[::1]:5432/shop",
            "postgres://app:hunter2@%2Fvar%2Frun%2Fpostgresql/shop",
            "postgres:///shop?host=/tmp&user=app&password=hunter2",
            "postgres:///shop?PASSWORD=hunter2",
            "postgres:///shop?pass%77ord=hunter2",
            "postgres:///shop?password=hun%26ter2",
            "postgres:///shop?password=a&hunter2=b",
            "postgres:///shop?pasword=hunter2",
            "postgres:///shop?user=app&password=hun@ter2",
            "postgres:///shop?password=@hunter2",
            "postgres://app@db.example/shop?password=hun@ter2",
            "postgres://db.example/shop?options=-capp.key%3Dhun@ter2",
            "mysql://db.example/shop?pasword=hun@ter2#hunter2@",
            "postgres://app%3Ahunter2%40db.example/shop",
            "postgres://app%3Ahunter2%40db.example:5432/shop",
            "postgres://db.example%3Fpassword=hunter2",
            "postgres://db.example/shop?sslpassword=hunter2&sslkey=hunter2",
            "postgres://db.example/shop?options=-capp.key%3Dhunter2",
            "postgres://db.example/shop?options[app.key]=hunter2",
            "postgres://db.example/shop?hunter2",
            "postgres://db.example/shop#hunter2",
            "postgres://app:hunter2",
            "postgres://app:hunter2/shop",
            "postgres:app:hunter2@db.example/shop",
            "postgresql://app:hunter2@db.example",
            "postgers://app:hunter2@db.example/shop",
            "postgres//app:hunter2@db.example/shop",
            "postgres:/app:hunter2@db.example/shop",
            "app:hunter2@db.example/shop",
            "app:hunter2",
            "host=db.example password=hunter2",
            "jdbc:postgresql://db.example/shop?user=app&password=hunter2",
            "mysql://root:hunter2@db.example/shop?ssl-ca=hunter2",
            "mariadb://root:hunter2@db.example/shop",
            "mysql://root:@hunter2@db.example/shop",
            "sqlite://app.db?key=hunter2",
            "sqlite:app.db?mode=rwc&key=hunter2",
            "sqlite:file:app.db%3Fkey%3Dhunter2",
            "sqlite:file:app.db%3fkey=hunter2",
            "sqlite3://app.db?key=hunter2",
        ];
        for url in urls {
            let shown = masked(url);
            assert!(!shown.contains("hun") && !shown.contains("ter2"), "{url} is shown as {shown}");
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for (url, shown) in [
            (
                "postgres://app:pw@db.example:5432/shop?sslmode=require",
                "postgres://***@db.example:5432/shop?sslmode=require",
            ),
            ("postgres://app:pw@[::1]:5432/shop", "postgres://***@[::1]:5432/shop"),
            ("postgres:///shop?host=/tmp&password=pw", "postgres:///shop?host=/tmp&password=***"),
            ("mysql://db.example:3306/shop", "mysql://db.example:3306/shop"),
            ("oracle://somewhere", "oracle://somewhere"),
            ("app.db", "app.db"),
            ("app:pw@db.example/shop", "***@db.example/shop"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite:///home/me@work/app.db?mode=rwc", "sqlite:///home/me@work/app.db?mode=rwc"),
            ("sqlite:app.db\n", "sqlite:app.db\\n"),
            ("", ""),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let pairs: Vec<_> = parameters("postgres:///a?b%3D=c+d%2B&&e=%zz%4#f=g").collect();
        assert_eq!(pairs, [("b=".to_owned(), "c d+".to_owned()), ("e".to_owned(), "%zz%4".to_owned())]);
        assert_eq!(decoded("%41%"), "A%");
        assert_eq!(parameters("sqlite::memory:").count(), 0);
    }
}

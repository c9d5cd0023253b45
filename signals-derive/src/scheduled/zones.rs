//! The names of time zones. A test compares them with those of `chrono-tz`, which the program uses.

use crate::suggest;

/// One name per line, in order.
const NAMES: &str = include_str!("zones.txt");

/// Returns all names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines()
}

/// Returns whether this is the name of a time zone.
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// Returns the name that is most similar to what was written, if any is similar.
pub(super) fn nearest(written: &str) -> Option<&'static str> {
    let written = written.to_ascii_lowercase().replace(' ', "_");
    let lower = |name: &'static str| name.to_ascii_lowercase();
    // `berlin` and `germany/berlin` are `Europe/Berlin`.
    let city = written.rsplit('/').next().unwrap_or_default();
    let is_city = |name: &&'static str| name.contains('/') && lower(name).rsplit('/').next() == Some(city);
    let same = names().find(|name| lower(name) == written).or_else(|| names().find(is_city));
    same.or_else(|| suggest::nearest_word(&written, names()))
}

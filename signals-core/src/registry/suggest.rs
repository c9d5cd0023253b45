//! Finds a receiver by a name that a person wrote.

use super::registry;
use super::similar::most_similar;
use crate::error::{Error, Result};
use crate::signal::ReceiverInfo;

/// Succeeds if `is_named` holds for a receiver.
///
/// # Errors
///
/// [`Error::UnknownReceiver`] if not, with the names that `name` may stand for.
pub(crate) fn check(name: &str, is_named: impl Fn(&ReceiverInfo) -> bool) -> Result<()> {
    let all = registry();
    if all.iter().any(|receiver| is_named(&receiver.receiver)) {
        return Ok(());
    }
    let names = all.into_iter().map(|receiver| receiver.receiver.uid_or_path());
    Err(Error::UnknownReceiver { name: name.to_owned(), similar: most_similar(name, names) })
}

//! Finds a receiver by the name that a user wrote.

use super::registry;
use super::similar::most_similar;
use crate::error::{Error, Result};
use crate::signal::ReceiverInfo;

/// Succeeds if `is_named` returns true for a receiver.
///
/// # Errors
///
/// [`Error::UnknownReceiver`] if it does for none, with similar names.
pub(crate) fn check(name: &str, is_named: impl Fn(&ReceiverInfo) -> bool) -> Result<()> {
    let all = registry();
    if all.iter().any(|receiver| is_named(&receiver.receiver)) {
        return Ok(());
    }
    let names = all.into_iter().map(|receiver| receiver.receiver.uid_or_path());
    Err(Error::UnknownReceiver { name: name.to_owned(), similar: most_similar(name, names) })
}

//! Keys in errors.

use crate::error::{Error, UNSET};
use crate::model::{AnyModel, ModelKey};

/// Returns the error of a call on a key that is unset.
pub(super) fn key_missing(model: &'static str, operation: &'static str, fix: &'static str) -> Error {
    Error::KeyMissing { model, operation, fix }
}

/// Returns a key, as an error shows it.
pub(super) fn shown_key<K: ModelKey>(key: &K) -> String {
    key.key().map_or_else(|| UNSET.into(), |key| key.to_string())
}

/// Returns the key of an instance, as an error shows it.
pub(super) fn shown_key_of(instance: &dyn AnyModel) -> String {
    instance.pk().map_or_else(|| UNSET.into(), |key| key.to_string())
}

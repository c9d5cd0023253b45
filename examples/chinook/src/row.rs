//! One row of the file. Its fields are taken one by one.

use chrono::NaiveDateTime;
use serde_json::{Map, Value};

use crate::cents::Cents;
use crate::failure::FieldError;

/// A row whose fields are taken by name. No field may be missing, and none may remain.
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// Takes the value of a field.
    pub(crate) fn take<T: FromJson>(&mut self, field: &str) -> Result<T, FieldError> {
        let value = self.0.remove(field).ok_or_else(|| FieldError::new(field, "is missing"))?;
        T::from_json(value).map_err(|value| FieldError::new(field, format!("is {}, not {}", shown(&value), T::KIND)))
    }

    /// Takes a key. Keys count from 1; a key of zero would be an unset one.
    pub(crate) fn take_key(&mut self, field: &str) -> Result<i64, FieldError> {
        match self.take(field)? {
            key if key > 0 => Ok(key),
            key => Err(FieldError::new(field, format!("is {key}, not a key; keys count from 1"))),
        }
    }

    /// Refuses a row with a field that was not taken.
    pub(crate) fn finish(self) -> Result<(), FieldError> {
        self.0.into_iter().next().map_or(Ok(()), |(field, _)| Err(FieldError::new(field, "is unknown")))
    }
}

/// Returns a value for an error: JSON, cut if it is long.
fn shown(value: &Value) -> String {
    const LIMIT: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The type of a field in the file. A value of another type is returned as the error.
pub(crate) trait FromJson: Sized {
    /// The expected form of a value, for errors.
    const KIND: &'static str;

    fn from_json(value: Value) -> Result<Self, Value>;
}

impl FromJson for String {
    const KIND: &'static str = "a string";

    fn from_json(value: Value) -> Result<Self, Value> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        }
    }
}

impl FromJson for i64 {
    const KIND: &'static str = "an integer";

    fn from_json(value: Value) -> Result<Self, Value> {
        value.as_i64().ok_or(value)
    }
}

impl FromJson for Cents {
    const KIND: &'static str = "an amount with at most two decimals";

    fn from_json(value: Value) -> Result<Self, Value> {
        // A number prints as the shortest text that parses to the same number, so 0.99 is exactly 99 cents
        // here.
        let cents = value.as_number().and_then(|number| Self::parse(&number.to_string()));
        cents.ok_or(value)
    }
}

impl FromJson for NaiveDateTime {
    const KIND: &'static str = "a date and time such as \"2021-01-01T00:00:00\"";

    fn from_json(value: Value) -> Result<Self, Value> {
        value.as_str().and_then(|text| text.parse().ok()).ok_or(value)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    const KIND: &'static str = T::KIND;

    fn from_json(value: Value) -> Result<Self, Value> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }
}

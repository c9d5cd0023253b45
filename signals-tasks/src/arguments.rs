//! The arguments of a run: values by name, stored as JSON.

use std::any::type_name;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use signals_core::error::{Error, Result};

use crate::crate_path::__private::escaped;

/// What is shown in place of a sensitive argument.
const MASK: &str = "***";
/// The length from which the value of a sensitive argument is hidden in errors.
const SHORTEST_HIDDEN: usize = 4;

/// A type that may be an argument of a task: it is stored as JSON, by serde.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a task",
    label = "not stored by serde",
    note = "arguments are stored as JSON: write `#[derive(serde::Serialize, serde::Deserialize)]` on `{Self}`"
)]
pub trait Argument: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Argument for T {}

/// Writes and reads the argument of one name. Only this type names the bounds of the argument's type.
#[derive(Debug)]
pub struct ArgumentCodec<T> {
    name: &'static str,
    write: fn(&T) -> serde_json::Result<Value>,
    read: fn(&Value) -> serde_json::Result<T>,
}

/// Returns the codec of the argument of this name.
pub const fn argument<T: Argument>(name: &'static str) -> ArgumentCodec<T> {
    ArgumentCodec { name, write: |value| serde_json::to_value(value), read: |value| T::deserialize(value) }
}

/// The stored arguments of one run.
#[derive(Clone, Default)]
pub(crate) struct Arguments(Map<String, Value>);

impl fmt::Debug for Arguments {
    /// Shows the names and not the values, which may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Arguments {
    /// Adds an argument.
    pub(crate) fn add<T>(&mut self, codec: &ArgumentCodec<T>, value: &T) -> Result<()> {
        let name = codec.name;
        let value = (codec.write)(value)
            .map_err(|error| Error::other(format!("the argument `{name}` cannot be stored as JSON: {error}")))?;
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Adds a value that is JSON already.
    pub(crate) fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Removes a value.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Reads a value as JSON. A missing one is `null`.
    pub(crate) fn value(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// Hides the values of the arguments for whose names `is_hidden` returns true.
    pub(crate) fn masked(mut self, is_hidden: impl Fn(&str) -> bool) -> Self {
        for (name, value) in &mut self.0 {
            if is_hidden(name) {
                *value = MASK.into();
            }
        }
        self
    }

    /// Replaces the values of arguments of these names in a text, at any depth. Values of less than four characters
    /// stay, because they are parts of other words.
    pub(crate) fn hide_in(&self, names: &[&str], text: String) -> String {
        let mut values = Vec::new();
        for value in names.iter().filter_map(|name| self.0.get(*name)) {
            leaves(value, &mut values);
        }
        values.retain(|value| value.chars().count() >= SHORTEST_HIDDEN);
        let mut forms: Vec<_> = values.into_iter().flat_map(forms).collect();
        // A value may be a part of another one, and of its own other forms.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        forms.iter().fold(text, |text, form| text.replace(form, MASK))
    }

    /// Returns the arguments as a JSON object.
    pub(crate) fn into_json(self) -> String {
        Value::Object(self.0).to_string()
    }

    /// Reads a JSON object. The error does not show its text, which may be personal.
    pub(crate) fn of_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            tracing::debug!(target: "signals", %error, "the arguments of a task cannot be read");
            "the arguments are not a JSON object".to_owned()
        })
    }

    /// Reads an argument. A missing one is read as `null`, so optional arguments can be added to a task.
    pub(crate) fn get<T>(&self, codec: &ArgumentCodec<T>) -> Result<T, String> {
        let name = codec.name;
        let found = self.0.get(name);
        (codec.read)(found.unwrap_or(&Value::Null)).map_err(|error| match found {
            Some(_) => unreadable::<T>(&format!("the argument `{name}`"), &error),
            None => {
                format!("the argument `{name}` is missing; make it an `Option` to run what was enqueued without it")
            }
        })
    }
}

/// Returns the text for a stored value that cannot be read as a `T`. It does not have serde's text, which may repeat the
/// value.
pub(crate) fn unreadable<T>(what: &str, error: &serde_json::Error) -> String {
    // The text of a missing field has no value.
    let error = Some(error.to_string()).filter(|error| error.starts_with("missing field"));
    tracing::debug!(target: "signals", what, error, "a stored value of a task cannot be read");
    format!("{what} cannot be read as `{}`", type_name::<T>())
}

/// Returns the forms in which a text may have a value: as it is, as `Debug` and JSON show it, and as an error does.
fn forms(value: String) -> [String; 4] {
    let unquoted = |quoted: String| {
        quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned).unwrap_or(quoted)
    };
    let (debug, json) = (unquoted(format!("{value:?}")), unquoted(Value::from(value.as_str()).to_string()));
    let error = escaped(&value).to_string();
    [debug, json, error, value]
}

/// Collects the texts and the numbers in a value.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => found.push(number.to_string()),
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(values) => values.values().for_each(|value| leaves(value, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_back_by_name() {
        let (id, note) = (argument::<i64>("id"), argument::<Option<String>>("note"));
        let mut arguments = Arguments::default();
        assert!(arguments.add(&id, &7).is_ok());
        assert_eq!(format!("{arguments:?}"), r#"{"id"}"#);
        let json = arguments.into_json();
        assert_eq!(json, r#"{"id":7}"#);
        let arguments = Arguments::of_json(&json);
        assert_eq!(arguments.as_ref().ok().and_then(|it| it.get(&id).ok()), Some(7));
        assert_eq!(arguments.as_ref().ok().and_then(|it| it.get(&note).ok()), Some(None));
    }

    #[test]
    fn sensitive_values_are_hidden_in_a_text_at_any_depth() -> Result<(), String> {
        let arguments =
            Arguments::of_json(r#"{"login":{"name":"ann","keys":["s3cr\"et","s3cr\"et2"],"pin":49152},"id":7777}"#)?;
        let text = "ann has s3cr\"et2, \"s3cr\\\"et\", 49152 and 7777".to_owned();
        assert_eq!(arguments.hide_in(&["login"], text), "ann has ***, \"***\", *** and 7777");
        Ok(())
    }

    #[test]
    fn sensitive_values_are_hidden_as_debug_json_and_errors_show_them() -> Result<(), String> {
        let password = "it's \"x\"\n\u{7f}\u{b}é";
        let login = Value::from(password);
        let arguments = Arguments::of_json(&format!(r#"{{"password":{login}}}"#))?;
        let error = Error::other(password).to_string();
        for shown in [password, &format!("{password:?}"), &login.to_string(), &error] {
            let hidden = arguments.hide_in(&["password"], format!("refused: {shown}"));
            assert_eq!(hidden.replace('"', ""), "refused: ***", "{shown}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let said = |json: &str| {
            let id = argument::<u8>("id");
            Arguments::of_json(json).and_then(|arguments| arguments.get(&id)).err().unwrap_or_default()
        };
        assert_eq!(said("[]"), "the arguments are not a JSON object");
        // serde's text has the value, which may be personal.
        assert_eq!(said(r#"{"id":"x"}"#), "the argument `id` cannot be read as `u8`");
        assert!(said("{}").starts_with("the argument `id` is missing; make it an `Option`"));
    }
}

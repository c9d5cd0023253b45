//! The arguments of a run that several runs were merged into.

use serde_json::Value;

use crate::arguments::Arguments;

/// Merges the arguments of runs of one receiver and row, from the first write to the last: the row was
/// created if one of the writes created it, `previous` is that of the first write, and the rest is that of
/// the last one.
///
/// # Errors
///
/// The reason why arguments cannot be read.
pub(crate) fn merged<'a>(runs: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let mut runs = runs.into_iter().map(Arguments::of_json);
    let mut merged = runs.next().unwrap_or_else(|| Ok(Arguments::default()))?;
    for later in runs {
        merged = followed(&merged, later?);
    }
    Ok(merged.into_json())
}

/// Returns whether the arguments of a run can be read.
pub(crate) fn is_readable(args: &str) -> bool {
    Arguments::of_json(args).is_ok()
}

fn followed(earlier: &Arguments, mut later: Arguments) -> Arguments {
    let both = [earlier, &later];
    let created = both.iter().any(|run| is_true(run.value("created")));
    let raw = both.iter().all(|run| is_true(run.value("raw")));
    let fields = united(earlier.value("update_fields"), later.value("update_fields"));
    later.insert("created", created.into());
    later.insert("raw", raw.into());
    later.insert("update_fields", fields);
    later.insert("previous", earlier.value("previous").clone());
    later
}

fn is_true(value: &Value) -> bool {
    *value == Value::Bool(true)
}

/// Unites two lists of columns. `null` stands for all columns.
fn united(one: &Value, other: &Value) -> Value {
    let (Value::Array(one), Value::Array(other)) = (one, other) else { return Value::Null };
    let mut all = one.clone();
    all.extend(other.iter().filter(|field| !one.contains(field)).cloned());
    Value::Array(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runs: &[&str], expected: &str) {
        let merged: Value = merged(runs.iter().copied()).and_then(|it| it.parse().or(Err(it))).unwrap_or_default();
        let expected: Value = expected.parse().unwrap_or_default();
        for (name, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(merged.get(name), Some(value), "{name} of {runs:?}");
        }
    }

    #[test]
    fn a_merged_run_has_the_net_change() {
        check(&[r#"{"key":1,"created":true}"#, r#"{"key":1}"#], r#"{"key":1,"created":true}"#);
        check(&[r#"{"key":1,"raw":true}"#, r#"{"key":1}"#], r#"{"raw":false,"created":false}"#);
        let [first, last] =
            [r#"{"previous":{"a":1},"instance":{"a":2}}"#, r#"{"previous":{"a":2},"instance":{"a":3}}"#];
        check(&[first, last], r#"{"previous":{"a":1},"instance":{"a":3}}"#);
    }

    #[test]
    fn a_merged_run_has_the_columns_of_all_writes() {
        let (name, both) = (r#"{"update_fields":["name"]}"#, r#"{"update_fields":["name","age"]}"#);
        check(&[name, both], both);
        check(&[name, "{}"], r#"{"update_fields":null}"#);
    }
}

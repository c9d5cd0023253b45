//! Receivers, as `registry` returns them.

use std::fmt;
use std::ops::Deref;

use crate::signal::ReceiverInfo;

/// One receiver, as [`registry`](super::registry) returns it.
///
/// Its `Display` is one line: `post_save of User: shop::index, priority 0, robust, at src/main.rs:12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RegisteredReceiver {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name, or `None` if the receiver is called for every sender.
    pub sender: Option<&'static str>,
    /// The receiver's place in the source, and its options.
    pub receiver: ReceiverInfo,
}

impl RegisteredReceiver {
    /// Returns the options as a user writes them, with commas between them.
    ///
    /// `on_commit`, `on_rollback` and `set` are a part of the signal's name.
    fn options(&self) -> String {
        let receiver = &self.receiver;
        let list = |key: &str, fields: &[&str]| {
            if fields.is_empty() { String::new() } else { format!("{key}({})", fields.join(", ")) }
        };
        let flag = |key: &str, is_set: bool| if is_set { key.to_owned() } else { String::new() };
        let mut options = vec![
            list("changed", receiver.changed_fields()),
            list("when", receiver.when_fields()),
            flag("durable", receiver.is_durable()),
            flag("robust", receiver.is_robust()),
            flag("raw", receiver.is_raw()),
            flag("each", receiver.is_each()),
            flag("async", receiver.is_async() && !receiver.is_durable()),
        ];
        options.retain(|option| !option.is_empty());
        options.join(", ")
    }

    fn place(&self) -> String {
        format!("{}:{}", self.receiver.file(), self.receiver.line())
    }
}

impl fmt::Display for RegisteredReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, sender, receiver } = self;
        let (options, path) = (self.options(), receiver.uid_or_path());
        write!(f, "{signal} of {}: {path}, priority {}", sender.unwrap_or(ANY), receiver.priority_value())?;
        if !options.is_empty() {
            write!(f, ", {options}")?;
        }
        write!(f, ", at {}", self.place())
    }
}

/// The sender of a receiver that names none.
const ANY: &str = "any sender";

const HEADER: [&str; 6] = ["signal", "sender", "priority", "receiver", "options", "place"];

/// The receivers of the program, as [`registry`](super::registry) returns them.
///
/// It is a slice of [`RegisteredReceiver`]. Its `Display` is a table with a header, whose columns are as wide as
/// their contents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registry(Vec<RegisteredReceiver>);

impl Registry {
    /// Sorts the receivers by signal, then by sender, then in the order in which they run.
    pub(super) fn sorted(mut all: Vec<RegisteredReceiver>) -> Self {
        all.sort_by(|a, b| (a.signal, a.sender, a.receiver.order()).cmp(&(b.signal, b.sender, b.receiver.order())));
        Self(all)
    }
}

impl Deref for Registry {
    type Target = [RegisteredReceiver];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl IntoIterator for Registry {
    type Item = RegisteredReceiver;
    type IntoIter = std::vec::IntoIter<RegisteredReceiver>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Registry {
    type Item = &'a RegisteredReceiver;
    type IntoIter = std::slice::Iter<'a, RegisteredReceiver>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.iter().map(|entry| {
            [
                entry.signal.to_owned(),
                entry.sender.unwrap_or(ANY).to_owned(),
                entry.receiver.priority_value().to_string(),
                entry.receiver.uid_or_path(),
                entry.options(),
                entry.place(),
            ]
        });
        let rows: Vec<_> = std::iter::once(HEADER.map(str::to_owned)).chain(rows).collect();
        // A signal, a sender and a path may have any length, so no width is given beforehand.
        let mut widths = [0; HEADER.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let padded: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            let line = padded.join("  ");
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(signal: &'static str, sender: Option<&'static str>, receiver: ReceiverInfo) -> RegisteredReceiver {
        RegisteredReceiver { signal, sender, receiver }
    }

    fn some() -> Registry {
        let plain = ReceiverInfo::linked("f", "app", "src/main.rs", 7);
        let full = ReceiverInfo::linked("g", "app::receivers", "src/r.rs", 1234).priority(-10);
        let full = full.changed(&["email", "name"]).when(&["status"]).robust().raw().each();
        let long = plain.clone().uid("a.uid.that.is.longer.than.any.path.of.this.table");
        Registry::sorted(vec![
            of("pre_save", None, long),
            of("post_delete on_rollback", Some("ASenderWithALongName"), full),
            of("post_save", Some("User"), plain),
        ])
    }

    #[test]
    fn the_columns_are_as_wide_as_their_contents() {
        let expected = "\
signal                   sender                priority  receiver                                         options                                                 place
post_delete on_rollback  ASenderWithALongName  -10       app::receivers::g                                changed(email, name), when(status), robust, raw, each  src/r.rs:1234
post_save                User                  0         app::f                                                                                                  src/main.rs:7
pre_save                 any sender            0         a.uid.that.is.longer.than.any.path.of.this.table                                                         src/main.rs:7";
        let shown = some().to_string();
        let normal = |text: &str| -> Vec<Vec<String>> {
            let cells =
                |line: &str| line.split("  ").map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect();
            text.lines().map(cells).collect()
        };
        assert_eq!(normal(&shown), normal(expected));
        for column in ["sender", "priority", "receiver", "place"] {
            let at = shown.lines().next().and_then(|header| header.find(column)).unwrap_or_default();
            for line in shown.lines() {
                let around = at.checked_sub(2).and_then(|before| line.get(before..=at)).unwrap_or_default();
                assert!(around.starts_with("  ") && !around.ends_with(' '), "{column} is not aligned in\n{shown}");
            }
        }
    }

    #[test]
    fn one_receiver_is_one_line_with_its_options() {
        let lines: Vec<_> = some().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "post_delete on_rollback of ASenderWithALongName: app::receivers::g, priority -10, \
                 changed(email, name), when(status), robust, raw, each, at src/r.rs:1234",
                "post_save of User: app::f, priority 0, at src/main.rs:7",
                "pre_save of any sender: a.uid.that.is.longer.than.any.path.of.this.table, priority 0, at src/main.rs:7",
            ]
        );
    }
}

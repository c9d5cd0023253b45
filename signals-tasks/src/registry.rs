//! The tasks of the program, by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use signals_core::error::{Error, Result};

use crate::arguments::Arguments;
use crate::definition::{TaskDefinition, TaskEntry};
use crate::models::Task;

/// A task of this program, as [`tasks`] lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RegisteredTask {
    /// The name in the table.
    pub name: &'static str,
    /// Old names. Their runs belong to this task.
    pub aliases: &'static [&'static str],
    /// Its queue, unless a call sets another one.
    pub queue: &'static str,
    /// The file of the function.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
}

/// Lists the tasks that are linked into the program, by name.
pub fn tasks() -> Vec<RegisteredTask> {
    let mut all: Vec<_> = definitions()
        .map(|task| RegisteredTask {
            name: task.name,
            aliases: task.aliases,
            queue: task.queue,
            file: task.file,
            line: task.line,
        })
        .collect();
    all.sort_by_key(|task| (task.name, task.file, task.line));
    all
}

fn definitions() -> impl Iterator<Item = &'static TaskDefinition> {
    inventory::iter::<TaskEntry>.into_iter().map(|entry| entry.0)
}

static BY_NAME: LazyLock<Result<HashMap<&'static str, &'static TaskDefinition>, String>> = LazyLock::new(|| {
    let mut by_name: HashMap<&'static str, &'static TaskDefinition> = HashMap::new();
    for task in definitions() {
        for name in std::iter::once(&task.name).chain(task.aliases) {
            if let Some(other) = by_name.insert(name, task) {
                let place = |task: &TaskDefinition| format!("{}:{}", task.file, task.line);
                let mut places = [place(task), place(other)];
                places.sort();
                let [first, second] = places;
                return Err(format!(
                    "two tasks have the name `{name}`: at {first} and at {second}; name one of them with `#[task(name = \"..\")]`"
                ));
            }
        }
    }
    Ok(by_name)
});

fn by_name() -> Result<&'static HashMap<&'static str, &'static TaskDefinition>> {
    BY_NAME.as_ref().map_err(|problem| Error::other(problem.clone()))
}

/// Fails if two tasks have the same name or alias. The worker, the beat, and each `enqueue` call it.
///
/// # Errors
///
/// An error with the name and the places of both tasks.
pub fn check_tasks() -> Result<()> {
    by_name().map(drop)
}

/// Returns the task of this name or alias.
pub(crate) fn find(name: &str) -> Option<&'static TaskDefinition> {
    by_name().ok()?.get(name).copied()
}

/// Returns all names and aliases.
pub(crate) fn names() -> Vec<&'static str> {
    by_name().map(|by_name| by_name.keys().copied().collect()).unwrap_or_default()
}

/// Returns a task that takes `tx`, if there is one.
pub(crate) fn one_that_takes_tx() -> Option<&'static TaskDefinition> {
    definitions().filter(|task| task.takes_tx).min_by_key(|task| task.name)
}

impl Task {
    /// Returns the arguments as JSON, with `"***"` in place of each `sensitive` one.
    ///
    /// If the program has no task of this name, it cannot tell which arguments are sensitive, so it hides all.
    pub fn shown_args(&self) -> String {
        let sensitive = find(&self.name).map(|task| task.sensitive);
        Arguments::of_json(&self.args).map_or_else(
            |_unreadable| "unreadable".to_owned(),
            |arguments| arguments.masked(|name| sensitive.is_none_or(|names| names.contains(&name))).into_json(),
        )
    }
}

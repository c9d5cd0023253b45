//! A crate of receivers that the tests link, as an application links a plugin.
//!
//! Nothing in it is connected by hand or called directly: with `use plugin as _;` in the program its
//! receivers are called.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use signals::{Model, ModelMeta, post_save, pre_save, receiver};

/// The plugin's own model. `create_tables` creates its table together with those of the application.
#[derive(Debug, Clone, Model)]
#[model(table = "plugin_note")]
pub struct PluginNote {
    /// The key.
    pub id: i64,
    /// The text of the note.
    pub text: String,
}

static SAVES: LazyLock<Mutex<HashMap<&'static str, u64>>> = LazyLock::new(Mutex::default);

fn saves() -> MutexGuard<'static, HashMap<&'static str, u64>> {
    SAVES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the number of a model's saves that the plugin has received, by the name of its table.
pub fn saves_of(table: &str) -> u64 {
    saves().get(table).copied().unwrap_or(0)
}

/// Keeps the plugin's own notes tidy.
#[receiver(pre_save, sender = PluginNote, uid = "plugin.tidy")]
fn tidy(instance: &mut PluginNote) {
    instance.text = instance.text.trim().to_owned();
}

/// Receives the signals of every model of the program, even unknown ones.
#[receiver(post_save)]
fn count_saves(sender: &ModelMeta) {
    *saves().entry(sender.table()).or_default() += 1;
}

//! Durable receivers of `m2m_changed`.

use futures_util::future::BoxFuture;
use serde_json::Value;
use signals_core::context::Context;
use signals_core::error::Result;
use signals_core::model::{Key, ModelMeta};
use signals_core::signal::Signal as _;
use signals_core::store::{KeySet, M2mAction, M2mChanged, Model, m2m_changed};
use uuid::Uuid;

use super::{Chooses, DurableSignal, NewRun, Stored};
use crate::arguments::Arguments;
use crate::definition::{Failure, Run};

/// The fields that a durable receiver of `m2m_changed` may take. `M` is the through model.
#[derive(Debug)]
#[non_exhaustive]
pub struct DurableLinks {
    /// The kind of change: one that has happened.
    pub action: M2mAction,
    /// Whether the relation was followed from the other model to the one that declares it.
    pub reverse: bool,
    /// The key of the instance whose relation was changed: an integer, a UUID, text, or a composite key
    /// of these.
    pub instance_key: Key<'static>,
    /// The keys of the other side, as `i64`, `Uuid` or `String`. Composite keys have no type, and are read by
    /// [`KeySet::iter`]. `None` if all links were removed.
    pub keys: Option<Box<KeySet>>,
    /// Whether it was written raw, as fixtures are.
    pub raw: bool,
    /// The name of the database.
    pub using: String,
    /// The request and the actor of the write.
    pub context: Context,
    /// The through model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
}

/// The actions that have happened, with their stored names.
const ACTIONS: [(M2mAction, &str); 3] =
    [(M2mAction::PostAdd, "post_add"), (M2mAction::PostRemove, "post_remove"), (M2mAction::PostClear, "post_clear")];

impl DurableSignal for m2m_changed {
    type Sent = m2m_changed;
    type Received<M: Model> = DurableLinks;

    /// Returns no run for an action that is about to happen.
    fn runs<M: Model>(
        event: &M2mChanged<'_, M>,
        _stored: &Stored<M>,
        _chooses: Option<Chooses<Self, M>>,
    ) -> Result<Vec<NewRun>> {
        let Some((_, action)) = ACTIONS.iter().find(|(action, _)| *action == event.action) else {
            return Ok(Vec::new());
        };
        let instance = event.instance.pk();
        let mut arguments = Arguments::default();
        arguments.insert("action", (*action).into());
        arguments.insert("instance_key", instance.as_ref().map_or(Value::Null, stored_key));
        if let Some(keys) = &event.keys {
            arguments.insert("keys", keys.iter().map(|key| stored_key(&key)).collect());
        }
        for (name, is_so) in [("reverse", event.reverse), ("raw", event.raw)] {
            if is_so {
                arguments.insert(name, true.into());
            }
        }
        Ok(vec![NewRun { key: instance.map(|key| key.to_string()), arguments }])
    }

    fn receive<'r, M: Model>(run: &'r Run, _stored: &'r Stored<M>) -> BoxFuture<'r, Result<DurableLinks, Failure>> {
        Box::pin(async move {
            let arguments = &run.arguments;
            let is = |name| arguments.value(name).as_bool().unwrap_or_default();
            let action = ACTIONS.iter().find(|(_, name)| arguments.value("action").as_str() == Some(name));
            let keys = arguments.value("keys").as_array().map(|keys| Box::new(key_set(keys)));
            Ok(DurableLinks {
                action: action.ok_or_else(|| unreadable("action"))?.0,
                reverse: is("reverse"),
                instance_key: read_key(arguments.value("instance_key")).ok_or_else(|| unreadable("instance_key"))?,
                keys,
                raw: is("raw"),
                using: run.db.name().to_owned(),
                context: run.context.cause().clone(),
                sender: M::meta(),
                signal: Self::NAME,
            })
        })
    }
}

fn unreadable(name: &str) -> Failure {
    Failure::Unreadable(format!("the stored `{name}` cannot be read"))
}

/// Returns a key as JSON. An object stands for a UUID, and an array for a composite key.
fn stored_key(key: &Key<'_>) -> Value {
    match key {
        Key::Int(number) => (*number).into(),
        Key::Uuid(id) => serde_json::json!({ "uuid": id.to_string() }),
        Key::Composite(parts) => parts.iter().map(stored_key).collect(),
        key => key.to_string().into(),
    }
}

fn read_key(value: &Value) -> Option<Key<'static>> {
    match value {
        Value::Number(number) => number.as_i64().map(Key::Int),
        Value::String(text) => Some(Key::Other(text.clone())),
        Value::Array(parts) => Some(Key::Composite(parts.iter().map(read_key).collect::<Option<_>>()?)),
        value => value.get("uuid")?.as_str()?.parse().ok().map(Key::Uuid),
    }
}

fn key_set(keys: &[Value]) -> KeySet {
    let keys: Vec<_> = keys.iter().filter_map(read_key).collect();
    if keys.iter().any(|key| matches!(key, Key::Composite(_))) {
        return KeySet::of_stored(keys);
    }
    let is_int = |key: &Key<'_>| matches!(key, Key::Int(_));
    if keys.iter().all(is_int) {
        let number = |key: Key<'_>| if let Key::Int(number) = key { Some(number) } else { None };
        return keys.into_iter().filter_map(number).collect();
    }
    let id = |key: &Key<'_>| if let Key::Uuid(id) = key { Some(*id) } else { None };
    let ids: Option<Vec<Uuid>> = keys.iter().map(id).collect();
    match ids {
        Some(ids) => ids.into_iter().collect(),
        None => keys.iter().map(Key::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_in_their_kind() {
        let id = Uuid::from_u128(7);
        let [numbers, ids, texts] = [
            KeySet::from_iter([3_i32, -1]),
            KeySet::from_iter([id]),
            KeySet::from_iter(["7".to_owned(), "ä\"".to_owned()]),
        ]
        .map(|keys| key_set(&keys.iter().map(|key| stored_key(&key)).collect::<Vec<_>>()));
        assert_eq!(numbers.as_slice::<i64>(), Some(&[-1, 3][..]));
        assert_eq!(ids.as_slice::<Uuid>(), Some(&[id][..]));
        assert_eq!(texts.as_slice::<String>(), Some(&["7".to_owned(), "ä\"".to_owned()][..]));
        let written = KeySet::from_iter([("b".to_owned(), 2_i64, id), ("a".to_owned(), 10, id)]);
        let read = key_set(&written.iter().map(|key| stored_key(&key)).collect::<Vec<_>>());
        assert_eq!(read.iter().collect::<Vec<_>>(), written.iter().collect::<Vec<_>>());
    }
}

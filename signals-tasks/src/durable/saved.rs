//! Durable receivers of `post_save`.

use futures_util::future::BoxFuture;
use serde_json::Value;
use signals_core::context::Context;
use signals_core::error::Result;
use signals_core::model::{FieldSet, ModelMeta};
use signals_core::private::OfSet;
use signals_core::signal::Signal as _;
use signals_core::store::{Model, PostSaveSet, post_save};

use super::{Chooses, DurableSignal, NewRun, Stored};
use crate::definition::{Failure, Run};

/// The fields that a durable receiver of `post_save` may take.
#[derive(Debug)]
#[non_exhaustive]
pub struct DurableSave<M> {
    /// The row as it is now. With `durable(snapshot)`, as it was written. `None` if the row is gone.
    pub instance: Option<Box<M>>,
    /// With `durable(snapshot)`, the row as it was before, if it existed.
    pub previous: Option<Box<M>>,
    /// Whether the row was inserted.
    pub created: bool,
    /// Whether it was written raw, as fixtures are.
    pub raw: bool,
    /// The columns that the save was limited to.
    pub update_fields: Option<Box<FieldSet>>,
    /// The name of the database.
    pub using: String,
    /// The request and the actor of the write.
    pub context: Context,
    /// The instance's model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
}

impl DurableSignal for post_save {
    type Sent = OfSet<post_save>;
    type Received<M: Model> = DurableSave<M>;

    fn runs<M: Model>(
        event: &PostSaveSet<'_, M>,
        stored: &Stored<M>,
        chooses: Option<Chooses<Self, M>>,
    ) -> Result<Vec<NewRun>> {
        let is_chosen = |place| chooses.is_none_or(|chooses| chooses(event, place));
        NewRun::of_set(stored, (&event.instances, event.previous), is_chosen, |place, arguments| {
            // What is left out is false, or null.
            if event.created.get(place).copied().unwrap_or_default() {
                arguments.insert("created", true.into());
            }
            if event.raw {
                arguments.insert("raw", true.into());
            }
            if let Some(fields) = event.fields.and_then(|fields| fields.get(place)) {
                arguments.insert("update_fields", fields.names().collect());
            }
        })
    }

    fn receive<'r, M: Model>(run: &'r Run, stored: &'r Stored<M>) -> BoxFuture<'r, Result<DurableSave<M>, Failure>> {
        Box::pin(async move {
            let is = |name| run.arguments.value(name).as_bool().unwrap_or_default();
            Ok(DurableSave {
                instance: stored.instance(run).await?,
                previous: stored.previous(run)?,
                created: is("created"),
                raw: is("raw"),
                update_fields: fields::<M>(run.arguments.value("update_fields")),
                using: run.db.name().to_owned(),
                context: run.context.cause().clone(),
                sender: M::meta(),
                signal: Self::NAME,
            })
        })
    }
}

/// Reads a list of columns. Those that the model does not have any more are left out.
fn fields<M: Model>(names: &Value) -> Option<Box<FieldSet>> {
    let mut fields = FieldSet::empty::<M>();
    for name in names.as_array()?.iter().filter_map(Value::as_str) {
        fields.insert_name(name);
    }
    Some(Box::new(fields))
}

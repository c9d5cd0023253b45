//! Durable receivers of `post_delete`.

use futures_util::future::BoxFuture;
use signals_core::context::Context;
use signals_core::error::Result;
use signals_core::model::ModelMeta;
use signals_core::private::OfSet;
use signals_core::signal::Signal as _;
use signals_core::store::{Model, PostDeleteSet, post_delete};

use super::{Chooses, DurableSignal, NewRun, Stored};
use crate::definition::{Failure, Run};

/// The fields that a durable receiver of `post_delete` may take.
#[derive(Debug)]
#[non_exhaustive]
pub struct DurableDelete<M> {
    /// The instance whose row was deleted.
    pub instance: Option<Box<M>>,
    /// The row as the database had it when it was deleted.
    pub previous: Option<Box<M>>,
    /// The name of the database.
    pub using: String,
    /// The request and the actor of the write.
    pub context: Context,
    /// The instance's model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
}

impl DurableSignal for post_delete {
    type Sent = OfSet<post_delete>;
    type Received<M: Model> = DurableDelete<M>;

    fn runs<M: Model>(
        event: &PostDeleteSet<'_, M>,
        stored: &Stored<M>,
        chooses: Option<Chooses<Self, M>>,
    ) -> Result<Vec<NewRun>> {
        let is_chosen = |place| chooses.is_none_or(|chooses| chooses(event, place));
        NewRun::of_set(stored, (&event.instances, event.previous), is_chosen, |_, _| {})
    }

    fn receive<'r, M: Model>(run: &'r Run, stored: &'r Stored<M>) -> BoxFuture<'r, Result<DurableDelete<M>, Failure>> {
        Box::pin(async move {
            Ok(DurableDelete {
                instance: stored.instance(run).await?,
                previous: stored.previous(run)?,
                using: run.db.name().to_owned(),
                context: run.context.cause().clone(),
                sender: M::meta(),
                signal: Self::NAME,
            })
        })
    }
}

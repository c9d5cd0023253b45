//! Models as the senders of the model signals: where the receivers of each are kept, and how its payload is passed on.

use std::any::Any;

use super::Model;
use super::payload::{
    Carries as _, DeleteFinalized, M2mChanged, PostDelete, PostDeleteSet, PostSave, PostSaveSet, PreDelete,
    PreDeleteSet, PreSave, PreSaveSet, SaveFinalized,
};
use super::signals::{
    m2m_changed, post_delete, post_delete_committed, post_delete_rolled_back, post_delete_set, post_save,
    post_save_committed, post_save_rolled_back, post_save_set, pre_delete, pre_delete_set, pre_save, pre_save_set,
};
use crate::model::AnyModel;
use crate::registry::{Sender, Slot};

/// Makes every model a sender of these signals. `erased` says that a signal has receivers of all models.
macro_rules! senders {
    ($($signal:ident: $payload:ident $(, $erased:ident)?;)*) => {$(
        impl<M: Model> Sender<$signal> for M {
            fn name() -> &'static str {
                M::meta().name()
            }

            fn slot() -> &'static Slot<$signal, M> {
                &M::state().$signal
            }

            fn carry(event: &mut $payload<'_, M>, carried: &dyn Any) {
                event.carry(carried);
            }

            $(fn erase<'a>(event: &'a mut $payload<'_, M>) -> Option<$payload<'a, dyn AnyModel>> {
                Some(event.$erased())
            })?
        }
    )*};
}

senders! {
    pre_save: PreSave, erased;
    post_save: PostSave, erased;
    pre_delete: PreDelete, erased;
    post_delete: PostDelete, erased;
    m2m_changed: M2mChanged, erased;
    pre_save_set: PreSaveSet;
    post_save_set: PostSaveSet;
    pre_delete_set: PreDeleteSet;
    post_delete_set: PostDeleteSet;
    post_save_committed: SaveFinalized, erased;
    post_delete_committed: DeleteFinalized, erased;
    post_save_rolled_back: SaveFinalized, erased;
    post_delete_rolled_back: DeleteFinalized, erased;
}

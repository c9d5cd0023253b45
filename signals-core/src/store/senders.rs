//! Models as the senders of the model signals: the slots of their receivers, and the erasure of their
//! payloads.

use super::Model;
use super::payload::{DeleteFinalized, M2mChanged, PostDelete, PostSave, PreDelete, PreSave, SaveFinalized};
use super::signals::{
    m2m_changed, post_delete, post_delete_committed, post_delete_rolled_back, post_delete_set, post_save,
    post_save_committed, post_save_rolled_back, post_save_set, pre_delete, pre_delete_set, pre_save, pre_save_set,
};
use crate::model::AnyModel;
use crate::registry::{Sender, Slot};

/// Makes every model a sender of these signals. A signal that is listed with its payload may have receivers
/// of all models.
macro_rules! senders {
    ($($signal:ident $(: $payload:ident)?;)*) => {$(
        impl<M: Model> Sender<$signal> for M {
            fn name() -> &'static str {
                M::meta().name()
            }

            fn slot() -> &'static Slot<$signal, M> {
                &M::state().$signal
            }

            $(fn erase<'a>(event: &'a mut $payload<'_, M>) -> Option<$payload<'a, dyn AnyModel>> {
                Some(event.erased())
            })?
        }
    )*};
}

senders! {
    pre_save: PreSave;
    post_save: PostSave;
    pre_delete: PreDelete;
    post_delete: PostDelete;
    m2m_changed: M2mChanged;
    pre_save_set;
    post_save_set;
    pre_delete_set;
    post_delete_set;
    post_save_committed: SaveFinalized;
    post_delete_committed: DeleteFinalized;
    post_save_rolled_back: SaveFinalized;
    post_delete_rolled_back: DeleteFinalized;
}

//! The payloads of the model signals.

mod instances;
mod key_set;
mod m2m;
mod origin;
mod stored_keys;

use crate::context::Context;
use crate::db::{Db, Tx};
use crate::model::{AnyModel, Entity, FieldSet, ModelMeta};

pub use instances::{Instances, InstancesMut};
pub use key_set::{KeySet, KeySetIter};
pub use m2m::{M2mAction, M2mChanged};
pub use origin::DeleteOrigin;
pub(super) use origin::{Reason, Root};

/// A placeholder for the sender, for receivers that must name one.
#[doc(hidden)]
#[derive(Debug)]
pub enum NoSender {}

/// Defines a payload: its own fields, and those of all payloads.
macro_rules! payload {
    ($(#[$doc:meta])* $payload:ident, $with:ident: $with_ty:ty, { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $payload<'a, M: ?Sized> {
            $($(#[$field_doc])* pub $field: $ty,)*
            /// The database's name.
            pub using: &'a str,
            /// The handle to the database: the transaction while it is open, the database itself after its
            /// end.
            pub $with: $with_ty,
            /// The request and the actor that caused the send.
            pub context: &'a Context,
            /// The instances' model.
            pub sender: &'static ModelMeta,
            /// The signal's name.
            pub signal: &'static str,
        }
    };
}

payload! {
    /// The payload of [`pre_save`](super::pre_save), whose page lists its fields as parameters.
    PreSave, tx: Tx, {
        /// The instance that is about to be written.
        instance: &'a mut M,
        /// The row with the instance's key as it was before any receiver ran, or `None` if there is no such
        /// row.
        ///
        /// **It is `None` unless a receiver of `pre_save` or `post_save` of the model requests it.** A
        /// receiver requests it by a parameter `previous`, by a condition, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not request it, since the read costs a statement.
        previous: Option<&'a M>,
        /// Whether it is written raw, as fixtures are.
        raw: bool,
        /// The columns that the save is limited to. A receiver may add to them.
        update_fields: Option<&'a mut FieldSet>,
    }
}
payload! {
    /// The payload of [`post_save`](super::post_save), whose page lists its fields as parameters.
    ///
    /// A program cannot construct a payload. A unit test can call a receiver that takes fields as parameters,
    /// like any function. Only a save can call a receiver that takes the whole payload. To test such a
    /// receiver without a database, move its work on the fields into a function of its own.
    PostSave, tx: Tx, {
        /// The instance as it was written.
        instance: &'a M,
        /// The written row as it was before, or `None` if the row did not exist. If a `pre_save` receiver
        /// changed the key, it is the row with the new key.
        ///
        /// **It is `None` unless a receiver of `pre_save` or `post_save` of the model requests it.** A
        /// receiver requests it by a parameter `previous`, by a condition, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not request it, since the read costs a statement.
        previous: Option<&'a M>,
        /// Whether an INSERT was executed.
        created: bool,
        /// Whether it was written raw, as fixtures are.
        raw: bool,
        /// The columns that the save was limited to.
        update_fields: Option<&'a FieldSet>,
    }
}
payload! {
    /// The payload of [`pre_delete`](super::pre_delete), whose page lists its fields as parameters.
    PreDelete, tx: Tx, {
        /// The instance whose row is about to be deleted.
        instance: &'a M,
        /// The row as the database has it, or `None` if the row is gone.
        ///
        /// **It is `None` unless a receiver of `pre_delete` or `post_delete` of the model requests it.** A
        /// receiver requests it by a parameter `previous`, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not request it, since the read costs a statement.
        previous: Option<&'a M>,
        /// The reason for the delete.
        origin: DeleteOrigin,
        /// The instance on which `delete` was called, unless a set is deleted.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of [`post_delete`](super::post_delete), whose page lists its fields as parameters.
    PostDelete, tx: Tx, {
        /// The instance whose row was deleted.
        instance: &'a M,
        /// The row as the database had it when it was deleted.
        ///
        /// **It is `None` unless a receiver of `pre_delete` or `post_delete` of the model requests it.** A
        /// receiver requests it by a parameter `previous`, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not request it, since the read costs a statement.
        previous: Option<&'a M>,
        /// The reason for the delete.
        origin: DeleteOrigin,
        /// The instance on which `delete` was called, unless a set is deleted.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of a [`pre_save`](super::pre_save) receiver that takes whole sets.
    PreSaveSet, tx: Tx, {
        /// The instances that one statement is about to write.
        instances: InstancesMut<'a, M>,
        /// Whether they are written raw, as fixtures are.
        raw: bool,
        /// The columns that the write is limited to. A receiver may add to them.
        update_fields: Option<&'a mut FieldSet>,
    }
}
payload! {
    /// The payload of a [`post_save`](super::post_save) receiver that takes whole sets.
    PostSaveSet, tx: Tx, {
        /// The instances as one statement wrote them.
        instances: Instances<'a, M>,
        /// For each instance, the row as it was before, if a receiver names this field and the row existed.
        previous: &'a [Option<&'a M>],
        /// For each instance, whether an INSERT was executed.
        created: &'a [bool],
        /// Whether they were written raw, as fixtures are.
        raw: bool,
        /// The columns that the write was limited to.
        update_fields: Option<&'a FieldSet>,
        /// For each instance, the columns that its write was limited to.
        #[doc(hidden)]
        fields: Option<&'a [FieldSet]>,
    }
}
payload! {
    /// The payload of a [`pre_delete`](super::pre_delete) receiver that takes whole sets.
    PreDeleteSet, tx: Tx, {
        /// The instances whose rows are about to be deleted.
        instances: Instances<'a, M>,
        /// For each instance, the row as the database has it, if a receiver names this field and the row
        /// exists.
        previous: &'a [Option<&'a M>],
        /// The reason for the delete.
        origin: DeleteOrigin,
        /// The instance on which `delete` was called, unless a set is deleted.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of a [`post_delete`](super::post_delete) receiver that takes whole sets.
    PostDeleteSet, tx: Tx, {
        /// The instances whose rows were deleted.
        instances: Instances<'a, M>,
        /// For each instance, the row as the database had it when it was deleted, if a receiver names this
        /// field.
        previous: &'a [Option<&'a M>],
        /// The reason for the delete.
        origin: DeleteOrigin,
        /// The instance on which `delete` was called, unless a set is deleted.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of a [`post_save`](super::post_save) receiver that waits for the end of the transaction.
    ///
    /// It describes the net change of one row between its first save that sends signals, raw ones included,
    /// and the end. Quiet writes call no receiver. Those before the first save are included in `previous`,
    /// and those after it in `instance`. If the row was then deleted, even by a quiet delete, no receiver is
    /// called after a commit. A row that is inserted after a delete of the same key is another row, with a
    /// call of its own. The context is that of the last write that sends signals.
    SaveFinalized, db: Db, {
        /// The row as this library's calls in the transaction left it: saves, quiet writes, and deletes that
        /// reset a column. Changes by plain SQL and triggers are not included. Columns that no save wrote
        /// have their previous value, if it is known.
        instance: &'a M,
        /// The row before its first save that sends signals, if a receiver names this field and the row
        /// existed.
        previous: Option<&'a M>,
        /// Whether the first save that sends signals inserted the row.
        created: bool,
        /// Whether all its writes were raw, as those of fixtures are.
        raw: bool,
    }
}
payload! {
    /// The payload of a [`post_delete`](super::post_delete) receiver that waits for the end of the
    /// transaction.
    DeleteFinalized, db: Db, {
        /// The instance as it was when it was deleted.
        instance: &'a M,
        /// The row before the first write of the transaction, if a receiver names this field.
        previous: Option<&'a M>,
    }
}

impl<M: Entity> PreSave<'_, M> {
    pub(super) fn erased(&mut self) -> PreSave<'_, dyn AnyModel> {
        let Self { ref mut instance, previous, raw, using, ref mut update_fields, ref tx, context, sender, signal } =
            *self;
        let previous = previous.map(|previous| previous as &dyn AnyModel);
        let update_fields = update_fields.as_deref_mut();
        let (instance, tx) = (&mut **instance, tx.clone());
        PreSave { instance, previous, raw, update_fields, using, tx, context, sender, signal }
    }
}

/// Implements `erased` for the payloads that lend their instance by `&`. Each is listed with its own fields.
macro_rules! erased {
    ($($payload:ident, $with:ident, { $($field:ident),* };)*) => {$(
        impl<M: Entity> $payload<'_, M> {
            pub(super) fn erased(&mut self) -> $payload<'_, dyn AnyModel> {
                let Self { instance, previous, $($field,)* using, ref $with, context, sender, signal } = *self;
                let previous = previous.map(|previous| previous as &dyn AnyModel);
                $payload { instance, previous, $($field,)* using, $with: $with.clone(), context, sender, signal }
            }
        }
    )*};
}

erased! {
    PostSave, tx, { created, raw, update_fields };
    PreDelete, tx, { origin, root };
    PostDelete, tx, { origin, root };
    SaveFinalized, db, { created, raw };
    DeleteFinalized, db, {};
}

/// A payload that carries a transaction.
pub(super) trait CarriesTx {
    /// Returns the transaction. The savepoint of a robust receiver replaces it.
    fn tx(&mut self) -> &mut Tx;
}

macro_rules! carries_tx {
    ($($payload:ident),*) => {$(
        impl<M: ?Sized> CarriesTx for $payload<'_, M> {
            fn tx(&mut self) -> &mut Tx {
                &mut self.tx
            }
        }
    )*};
}

carries_tx!(PreSave, PostSave, PreDelete, PostDelete, PreSaveSet, PostSaveSet, PreDeleteSet, PostDeleteSet);

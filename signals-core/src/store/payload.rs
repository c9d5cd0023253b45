//! What the model signals carry.

mod instances;
mod key_set;
mod m2m;
mod origin;

use crate::db::{Db, Tx};
use crate::model::{AnyModel, Entity, FieldSet, ModelMeta};

pub use instances::{Instances, InstancesMut};
pub use key_set::{KeySet, KeySetIter};
pub use m2m::{M2mAction, M2mChanged};
pub use origin::DeleteOrigin;
pub(super) use origin::{Reason, Root};

/// Stands for the sender where a receiver has to name one.
#[doc(hidden)]
#[derive(Debug)]
pub enum NoSender {}

/// Makes a payload: its own fields, and those that all of its kind have.
macro_rules! payload {
    ($(#[$doc:meta])* $payload:ident, $with:ident: $with_ty:ty, { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $payload<'a, M: ?Sized> {
            $($(#[$field_doc])* pub $field: $ty,)*
            /// The database's name.
            pub using: &'a str,
            /// Where a receiver reaches the database: the transaction while it is open, the database itself after its end.
            pub $with: $with_ty,
            /// The instances' model.
            pub sender: &'static ModelMeta,
            /// The signal's name.
            pub signal: &'static str,
        }
    };
}

payload! {
    /// The payload of [`pre_save`](super::pre_save), whose page has its fields as parameters.
    PreSave, tx: Tx, {
        /// The instance that is about to be written.
        instance: &'a mut M,
        /// The row of the instance's key as it was before any receiver ran; `None` if there is no such row.
        ///
        /// **It is `None` unless a receiver of `pre_save` or `post_save` of the model asks for it:** by a parameter `previous`, by a
        /// condition, or by [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not ask for it, since the read costs a statement.
        previous: Option<&'a M>,
        /// Whether it is written raw, as fixtures are.
        raw: bool,
        /// The columns that the save is limited to; a receiver may add to them.
        update_fields: Option<&'a mut FieldSet>,
    }
}
payload! {
    /// The payload of [`post_save`](super::post_save), whose page has its fields as parameters.
    ///
    /// A program cannot construct a payload. A receiver that takes fields as parameters is called by a unit test like any
    /// function. One that takes the whole payload can only be called by a save, so hand what it does with the fields to a
    /// function of its own if you want to test that without a database.
    PostSave, tx: Tx, {
        /// The instance as it was written.
        instance: &'a M,
        /// The row that was written as it was before; `None` if it was not there. If a `pre_save` receiver changed the key, it
        /// is the row of the new key.
        ///
        /// **It is `None` unless a receiver of `pre_save` or `post_save` of the model asks for it:** by a parameter `previous`, by a
        /// condition, or by [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the
        /// whole payload does not ask for it, since the read costs a statement.
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
    /// The payload of [`pre_delete`](super::pre_delete), whose page has its fields as parameters.
    PreDelete, tx: Tx, {
        /// The instance whose row is about to be deleted.
        instance: &'a M,
        /// The row as the database has it; `None` if it is gone.
        ///
        /// **It is `None` unless a receiver of `pre_delete` or `post_delete` of the model asks for it:** by a parameter `previous`, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the whole payload does
        /// not ask for it, since the read costs a statement.
        previous: Option<&'a M>,
        /// What was asked to be deleted.
        origin: DeleteOrigin,
        /// The instance whose delete was asked for, unless it was a set.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of [`post_delete`](super::post_delete), whose page has its fields as parameters.
    PostDelete, tx: Tx, {
        /// The instance whose row was deleted.
        instance: &'a M,
        /// The row as the database had it when it was deleted.
        ///
        /// **It is `None` unless a receiver of `pre_delete` or `post_delete` of the model asks for it:** by a parameter `previous`, or by
        /// [`ConnectOptions::previous`](crate::signal::ConnectOptions::previous). A receiver that takes the whole payload does
        /// not ask for it, since the read costs a statement.
        previous: Option<&'a M>,
        /// What was asked to be deleted.
        origin: DeleteOrigin,
        /// The instance whose delete was asked for, unless it was a set.
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
        /// The columns that the write is limited to; a receiver may add to them.
        update_fields: Option<&'a mut FieldSet>,
    }
}
payload! {
    /// The payload of a [`post_save`](super::post_save) receiver that takes whole sets.
    PostSaveSet, tx: Tx, {
        /// The instances as one statement wrote them.
        instances: Instances<'a, M>,
        /// Whether an INSERT was executed, for each of them.
        created: &'a [bool],
        /// Whether they were written raw, as fixtures are.
        raw: bool,
        /// The columns that the write was limited to.
        update_fields: Option<&'a FieldSet>,
    }
}
payload! {
    /// The payload of a [`pre_delete`](super::pre_delete) receiver that takes whole sets.
    PreDeleteSet, tx: Tx, {
        /// The instances whose rows are about to be deleted.
        instances: Instances<'a, M>,
        /// For each of them, the row as the database has it, if a receiver names this field and the row is there.
        previous: &'a [Option<&'a M>],
        /// What was asked to be deleted.
        origin: DeleteOrigin,
        /// The instance whose delete was asked for, unless it was a set.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of a [`post_delete`](super::post_delete) receiver that takes whole sets.
    PostDeleteSet, tx: Tx, {
        /// The instances whose rows were deleted.
        instances: Instances<'a, M>,
        /// For each of them, the row as the database had it when it was deleted, if a receiver names this field.
        previous: &'a [Option<&'a M>],
        /// What was asked to be deleted.
        origin: DeleteOrigin,
        /// The instance whose delete was asked for, unless it was a set.
        root: Option<&'a dyn AnyModel>,
    }
}
payload! {
    /// The payload of a [`post_save`](super::post_save) receiver that waits for the end of the transaction.
    ///
    /// It says what became of one row between its first save that sends signals, raw ones included, and the end. Quiet writes call no receiver.
    /// Those before the first save belong to `previous`, and those after it to `instance`. After a commit no receiver is called for a row
    /// that was then deleted, also by a quiet delete. A row that is inserted after a delete of the same key is another row, with a call of its own.
    SaveFinalized, db: Db, {
        /// The row as the transaction left it, as far as the calls of this library wrote it: by saves, by quiet writes, and by deletes that
        /// emptied a column. Plain SQL and triggers do not show. Columns that no save wrote are as they were, where that is known.
        instance: &'a M,
        /// The row as it was before its first save that sends signals, where a receiver names this field and the row was there.
        previous: Option<&'a M>,
        /// Whether the first save that sends signals inserted the row.
        created: bool,
        /// Whether all its writes were raw, as those of fixtures are.
        raw: bool,
    }
}
payload! {
    /// The payload of a [`post_delete`](super::post_delete) receiver that waits for the end of the transaction.
    DeleteFinalized, db: Db, {
        /// The instance as it was when it was deleted.
        instance: &'a M,
        /// The row as it was before the first write of the transaction, if a receiver names this field.
        previous: Option<&'a M>,
    }
}

impl<M: Entity> PreSave<'_, M> {
    pub(super) fn erased(&mut self) -> PreSave<'_, dyn AnyModel> {
        let Self { ref mut instance, previous, raw, using, ref mut update_fields, ref tx, sender, signal } = *self;
        let previous = previous.map(|previous| previous as &dyn AnyModel);
        let update_fields = update_fields.as_deref_mut();
        PreSave { instance: &mut **instance, previous, raw, using, update_fields, tx: tx.clone(), sender, signal }
    }
}

/// Makes `erased` of the payloads that lend their instance by `&`; beside each, the fields that are its own.
macro_rules! erased {
    ($($payload:ident, $with:ident, { $($field:ident),* };)*) => {$(
        impl<M: Entity> $payload<'_, M> {
            pub(super) fn erased(&mut self) -> $payload<'_, dyn AnyModel> {
                let Self { instance, previous, $($field,)* using, ref $with, sender, signal } = *self;
                let previous = previous.map(|previous| previous as &dyn AnyModel);
                $payload { instance, previous, $($field,)* using, $with: $with.clone(), sender, signal }
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
    /// The transaction, in whose place a robust receiver's savepoint is put.
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

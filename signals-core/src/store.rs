//! Saving, deleting and loading: the only module that both writes rows and dispatches signals.

mod after_transaction;
mod attached;
mod bound_key;
mod bulk;
mod calls;
mod capture;
mod chunk;
mod collect;
mod computed;
mod delete;
mod erased;
mod key_errors;
mod keys;
mod load;
mod m2m;
mod model;
mod objects;
mod payload;
mod planned;
mod references;
mod relations;
mod rows;
mod save;
mod schema;
mod send;
mod senders;
mod signals;
mod state;
mod swaps;
mod table;
mod typed;
mod upsert;
mod write;
mod write_scope;

#[doc(hidden)]
pub use crate::sql::AttachedTable;
#[doc(hidden)]
pub use attached::{AttachedRow, Attachment, RowKey};
pub use calls::{
    BulkCreate, BulkDelete, BulkUpdate, Create, Delete, DeleteObjects, Deleted, GetOrCreate, OnConflict, Save,
    UpdateObjects, UpdateOrCreate, Upsert, UpsertReport, Upserted,
};
#[doc(hidden)]
pub use capture::{CaptureStore, CapturedOperation, CapturedWrite, captured_models, has_table, send_captured};
pub use erased::AnyStore;
pub use m2m::{KeyOf, M2mAdd, M2mClear, M2mCreate, M2mRemove, M2mSet, ManyToMany, RelationPath, ToManyThrough};
pub use model::Model;
pub use objects::{Objects, Page, ValuesOf};
pub use payload::{
    DeleteFinalized, DeleteOrigin, Instances, InstancesMut, KeySet, KeySetIter, M2mAction, M2mChanged, PostDelete,
    PostDeleteSet, PostSave, PostSaveSet, PreDelete, PreDeleteSet, PreSave, PreSaveSet, SaveFinalized,
};
#[doc(hidden)]
pub use planned::{
    PlannedColumn, PlannedTrigger, can_reference, linked_models, planned_columns, planned_name, planned_triggers,
    quoted_name, trigger_removal,
};
pub use references::{LoadedMany, LoadedOne, ToMany, ToOne};
pub use signals::{FinalizedSignal, SetSignal, m2m_changed, post_delete, post_save, pre_delete, pre_save};
pub use state::ModelState;
#[doc(hidden)]
pub use {keys::referenced_values, references::End, references::Ends};

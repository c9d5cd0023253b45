#![doc = include_str!("../README.md")]

#[cfg(feature = "sqlite")]
pub use signals_core::db::SqliteTx;
pub use signals_core::db::{
    Builder, Connection, ConnectionCreated, Db, DbSignal, IntoHandle, Muted, Recorded, Recording, Tx,
    connection_created,
};
#[cfg(feature = "migrate")]
pub use signals_core::db::{PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
pub use signals_core::dispatch::{CustomSignal, DEFAULT_RECURSION_LIMIT};
pub use signals_core::error::{BoxError, Error, ReceiverError, RecursionError, Referencing, Result, Step};
pub use signals_core::field::{Args, Backend, BackendRow, Field, Row};
pub use signals_core::model::{
    AnyModel, Column, ColumnMeta, ColumnOf, Entity, FieldSet, ForeignKey, Key, ModelMeta, OnDelete, PrimaryKey,
    Reference, Timestamp,
};
pub use signals_core::query::{Assignment, Condition, Operand, Order, TextField};
pub use signals_core::registry::{ConnectionId, ModelSignal, Registered, ScopedConnection, Sender, check, registry};
pub use signals_core::signal::{Connect, Outcome, ReceiverInfo, ReceiverOutput, Signal};
pub use signals_core::store::{
    BulkCreate, BulkDelete, BulkUpdate, Delete, DeleteEnded, DeleteObjects, DeleteOrigin, Deleted, Instances,
    InstancesMut, KeyOf, KeySet, M2mAction, M2mAdd, M2mChanged, M2mClear, M2mRemove, M2mSet, ManyToMany, Model,
    Objects, PostDelete, PostDeleteSet, PostSave, PostSaveSet, PreDelete, PreDeleteSet, PreSave, PreSaveSet, Save,
    SaveEnded, UpdateObjects, m2m_changed, post_delete, post_save, pre_delete, pre_save,
};
pub use signals_derive::{Model, receiver, signal};

#[doc(hidden)]
pub use signals_core::private as __private;

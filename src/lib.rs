#![doc = include_str!("../README.md")]

#[cfg(feature = "models")]
pub use signals_core::backend::{Args, Backend, BackendRow, Field, Row};
#[cfg(feature = "mysql")]
pub use signals_core::db::MysqlTxConnection;
#[cfg(feature = "postgres")]
pub use signals_core::db::PostgresTxConnection;
#[cfg(feature = "sqlite")]
pub use signals_core::db::SqliteTxConnection;
#[cfg(feature = "models")]
pub use signals_core::db::{
    Connection, ConnectionCreated, Db, DbBuilder, DbSignal, IntoHandle, Isolation, Muted, RecordedSignal, Recording,
    TransactionBuilder, Tx, TxConnection, connection_created,
};
#[cfg(all(feature = "migrate", feature = "models"))]
pub use signals_core::db::{PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
pub use signals_core::dispatch::{CustomSignal, DEFAULT_RECURSION_LIMIT};
pub use signals_core::error::{BoxError, Error, ReceiverCall, ReceiverError, RecursionError, ReferencingRows, Result};
#[cfg(feature = "models")]
pub use signals_core::model::{
    AnyModel, Column, ColumnMeta, ColumnOf, Entity, FieldSet, FieldSetIter, ForeignKey, Key, ModelMeta, OnDelete,
    PrimaryKey, Reference, Timestamp,
};
#[cfg(feature = "models")]
pub use signals_core::query::{Assignment, Condition, IntoOrders, Operand, Order, TextField};
pub use signals_core::registry::{ModelSignal, ReceiverGuard, ReceiverId, RegisteredReceiver, Sender, check, registry};
pub use signals_core::signal::{ConnectOptions, Outcome, ReceiverInfo, ReceiverOutput, Signal};
#[cfg(feature = "models")]
pub use signals_core::store::{
    BulkCreate, BulkDelete, BulkUpdate, Create, Delete, DeleteFinalized, DeleteObjects, DeleteOrigin, Deleted,
    Instances, InstancesMut, KeyOf, KeySet, KeySetIter, M2mAction, M2mAdd, M2mChanged, M2mClear, M2mRemove, M2mSet,
    ManyToMany, Model, Objects, PostDelete, PostDeleteSet, PostSave, PostSaveSet, PreDelete, PreDeleteSet, PreSave,
    PreSaveSet, Save, SaveFinalized, UpdateObjects, m2m_changed, post_delete, post_save, pre_delete, pre_save,
};
#[cfg(feature = "models")]
pub use signals_derive::Model;
pub use signals_derive::{receiver, signal};
#[cfg(feature = "web")]
pub use signals_web as web;

#[doc(hidden)]
pub use signals_core::private as __private;

// Not to be used: they are here so that the compiler's messages name them without a path.
#[doc(hidden)]
#[cfg(feature = "models")]
pub use signals_core::backend::{MysqlField, PostgresField, SqliteField};
#[doc(hidden)]
#[cfg(feature = "models")]
pub use signals_core::model::Nullified;
#[doc(hidden)]
#[cfg(feature = "models")]
pub use signals_core::private::{BorrowedAs, Compares, IsColumn, Kept};
#[doc(hidden)]
pub use signals_core::private::{Changeable, ItsOwnSender};
#[doc(hidden)]
#[cfg(feature = "models")]
pub use signals_core::query::{OrderFrom, UseIn, UseObjects};
#[doc(hidden)]
#[cfg(feature = "models")]
pub use signals_core::store::{FinalizedSignal, SetSignal};

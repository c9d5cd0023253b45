//! Django's signals for Rust, on [sqlx](https://docs.rs/sqlx).
//!
//! Derive [`Model`] for a struct, and write a function with
//! [`#[receiver(post_save, sender = User)]`](macro@receiver) anywhere in the program. The linker registers
//! the function. It then runs at every save of a `User`, in the same transaction.
//!
//! ```standalone_crate
//! use signals::{Db, Model, Result, Tx, post_save, receiver};
//!
//! #[derive(Debug, Clone, Model)]
//! struct User {
//!     id: i64, // the primary key; 0 = not saved yet
//!     email: String,
//! }
//!
//! #[derive(Debug, Clone, Model)]
//! struct Profile {
//!     id: i64,
//!     #[model(references = User, on_delete = cascade)]
//!     user_id: i64,
//! }
//!
//! /// Gives every new user a profile. An error would undo the save.
//! #[receiver(post_save, sender = User)]
//! async fn create_profile(instance: &User, created: bool, tx: &Tx) -> Result<()> {
//!     if created {
//!         Profile { id: 0, user_id: instance.id }.save(tx).await?;
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     let db = Db::connect("sqlite::memory:").await?;
//!     db.create_tables().await?;
//!     let alice = User { id: 0, email: "alice@example.com".into() }.create(&db).await?;
//!     assert_eq!(Profile::get(&db, 1).await?.user_id, alice.id);
//!     Ok(())
//! }
//! ```
//!
//! The root of the crate has the names that most files need, and [`prelude`] has those of models and
//! receivers. The other names are in modules by subject. The [`guide`] has a chapter for each subject, from a
//! first app to the differences between databases.
//!
//! # Where to look
//!
//! | to | see | chapter |
//! |---|---|---|
//! | declare a table | [`derive(Model)`](macro@Model), [`field`] for types of your own | [models](guide::models) |
//! | write a receiver | [`#[receiver]`](macro@receiver); the page of each signal has its fields | [receivers](guide::receivers) |
//! | find the signal of a model | [`pre_save`], [`post_save`], [`pre_delete`], [`post_delete`], [`m2m_changed`] | [which call sends what](guide::what_sends) |
//! | find another signal | [`connection_created`](db::connection_created), [`pre_migrate`](migrate::pre_migrate), [`post_migrate`](migrate::post_migrate), [`web`] | |
//! | declare a signal | [`signal!`], with the methods of [`CustomSignal`](receivers::CustomSignal) | [signals of your own](guide::own_signals) |
//! | connect to a database | [`Db::connect`], [`Db::builder`] | [databases](guide::databases) |
//! | write rows | [`Model::save`], [`Model::create`], [`Model::delete`], [`Model::bulk_create`] | [saving and deleting](guide::saving) |
//! | read sets of rows | [`Model::objects`], [`Column`], [`query`] | [querying](guide::querying) |
//! | follow references | [`ToOne`](relation::ToOne), [`ToMany`](relation::ToMany), [`OnDelete`](model::OnDelete) | [relations](guide::relations) |
//! | link rows | [`ManyToMany`](relation::ManyToMany) | [many to many](guide::many_to_many) |
//! | write several rows or none | [`Db::atomic`], [`Db::begin`], [`Tx::on_commit`] | [transactions](guide::transactions) |
//! | find out why a call failed | [`enum@Error`] | |
//! | list receivers | [`registry()`] | |
//! | test | [`Db::record`], [`Db::mute`], [`Tx::as_db`] | [testing](guide::testing) |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` (default), `postgres`, `mysql` | a database; the URL chooses between them when the program runs |
//! | `migrate` (default) | `Db::migrate`, with sqlx's migrator, and the signals around migrations |
//! | `chrono`, `time`, `uuid`, `rust_decimal`, `json` | field types |
//! | `tasks` | tasks: work that is stored with a transaction and run later by a worker; it needs a database |
//! | `schema` | models compared with a database, and models from the tables of one; it needs a database |
//! | `manage` | the command line, on clap: `worker`, `tasks ..`, `check`, `inspectdb` |
//! | `web` | the signals of requests, from a tower layer |
//! | `auth` | the signals of log-ins, on axum-login |
//!
//! Without a database feature the crate has only custom signals, and depends on neither sqlx nor sea-query.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(inline)]
#[cfg(feature = "_models")]
pub use signals_core::db::{Db, Isolation, Tx};
#[doc(inline)]
pub use signals_core::error::{BoxError, Error, Result};
#[doc(inline)]
#[cfg(feature = "_models")]
pub use signals_core::model::{AnyModel, Column, FieldSet, ModelMeta};
#[doc(inline)]
pub use signals_core::registry::registry;
#[doc(inline)]
pub use signals_core::signal::Signal;
#[doc(inline)]
#[cfg(feature = "_models")]
pub use signals_core::store::{
    DeleteOrigin, KeySet, M2mAction, Model, PostDelete, PostSave, PreDelete, PreSave, m2m_changed, post_delete,
    post_save, pre_delete, pre_save,
};
#[cfg(feature = "_models")]
pub use signals_derive::Model;
pub use signals_derive::{expect_receivers, receiver, signal};
#[doc(inline)]
#[cfg(feature = "web")]
pub use signals_web as web;

#[doc(inline)]
#[cfg(feature = "manage")]
pub use signals_manage as manage;

#[doc(inline)]
#[cfg(feature = "schema")]
pub use signals_schema as schema;

/// Tasks: functions whose calls are stored with a transaction and run later by a worker.
#[cfg(feature = "tasks")]
pub mod tasks {
    #[doc(hidden)]
    pub use signals_tasks::private as __private;
    #[doc(inline)]
    pub use signals_tasks::{
        Beat, CancelRuns, CaptureStatus, Context, DbTasks, Drained, EagerTasks, Enqueue, EnqueueUnique, Enqueued,
        Missed, Overlap, PurgeRuns, QueueStatus, RegisteredTask, Retried, Retry, RetryDead, RunCount, ScheduledTask,
        Stopped, Task, TaskBeat, TaskCapture, TaskMetrics, TaskOutcome, TaskQueue, TaskState, TaskStatus, TaskWorker,
        Worker, WorkerStatus, cancel_run, cancel_runs, check_tasks, enqueue_all, metrics, pause_queue, prometheus,
        purge_runs, queues, resume_queue, retry_dead, retry_run, scheduled, scheduled_tasks, set_max_arguments, status,
        table_definitions, task, tasks, workers,
    };
    #[doc(inline)]
    pub use signals_tasks::{
        BeatTicked, TaskDead, TaskFailed, TaskRetried, TaskStarted, TaskSucceeded, WorkerStarted, WorkerStopped,
        beat_ticked, task_dead, task_failed, task_retried, task_started, task_succeeded, worker_started,
        worker_stopped,
    };
}

/// The names for almost every file that declares models or receivers: `use signals::prelude::*`.
///
/// It has no `Result` and no `Error`, because these would shadow those of the standard library and of the
/// application.
pub mod prelude {
    #[cfg(feature = "_models")]
    #[doc(no_inline)]
    pub use crate::{AnyModel, Db, Model, Tx, m2m_changed, post_delete, post_save, pre_delete, pre_save};
    #[doc(no_inline)]
    pub use crate::{receiver, signal};
}

/// The context of the running code: the request that caused it, and on whose behalf it runs.
pub mod context {
    #[doc(inline)]
    pub use signals_core::context::{Context, Propagator, current, enter, scope, set_propagator};
}

/// Connections, and the settings of a database and of a transaction.
#[cfg(feature = "_models")]
pub mod db {
    #[doc(inline)]
    pub use signals_core::backend::Backend;
    #[cfg(feature = "mysql")]
    #[doc(inline)]
    pub use signals_core::db::MysqlTxConnection;
    #[cfg(feature = "postgres")]
    #[doc(inline)]
    pub use signals_core::db::PostgresTxConnection;
    #[cfg(feature = "sqlite")]
    #[doc(inline)]
    pub use signals_core::db::SqliteTxConnection;
    #[doc(inline)]
    pub use signals_core::db::{
        Connection, ConnectionCreated, DbBuilder, ExistingPool, FromPool, IntoHandle, Target, TransactionBuilder,
        TxConnection, connection_created,
    };

    #[doc(no_inline)]
    pub use crate::{Db, Isolation, Tx};
}

/// The errors of calls, failed receivers and refused deletes.
pub mod error {
    #[doc(inline)]
    pub use signals_core::error::{
        FieldName, Invalid, MissingReceiver, ReceiverCall, ReceiverError, RecursionError, ReferencingRows,
    };

    #[doc(no_inline)]
    pub use crate::{BoxError, Error, Result};
}

/// The conversion of values to columns, for applications with custom field types.
///
/// A type that derives `sqlx::Type` is automatically a [`Field`](field::Field). A custom type for `auto_now`
/// implements [`Timestamp`](field::Timestamp). Other applications do not need this module.
#[cfg(feature = "_models")]
pub mod field {
    #[doc(inline)]
    pub use signals_core::backend::{Args, BackendRow, Field, Row};
    #[doc(inline)]
    pub use signals_core::model::Timestamp;
}

/// Migrations, and the signals around them.
#[cfg(all(feature = "_models", feature = "migrate"))]
pub mod migrate {
    #[doc(inline)]
    pub use signals_core::db::{
        PendingMigrations, PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate,
    };
}

/// Models as data, their keys and columns, and the calls that write instances.
#[cfg(feature = "_models")]
pub mod model {
    #[doc(inline)]
    pub use signals_core::model::{
        ColumnMeta, ColumnOf, Entity, FieldSetIter, ForeignKey, Key, ModelKey, OnDelete, PrimaryKey, ReadOnlyColumn,
        Reference,
    };
    #[doc(inline)]
    pub use signals_derive::PrimaryKey;

    #[doc(inline)]
    pub use signals_core::store::{
        BulkCreate, BulkDelete, BulkUpdate, Create, Delete, Deleted, OnConflict, Save, Upsert, UpsertReport, Upserted,
    };

    #[doc(no_inline)]
    pub use crate::{AnyModel, Column, FieldSet, Model, ModelMeta};
}

/// The payloads of the model signals.
///
/// The payloads of [`connection_created`](db::connection_created) and of migrations are beside their signals.
#[cfg(feature = "_models")]
pub mod payload {
    #[doc(inline)]
    pub use signals_core::store::{
        DeleteFinalized, Instances, InstancesMut, M2mChanged, PostDeleteSet, PostSaveSet, PreDeleteSet, PreSaveSet,
        SaveFinalized,
    };

    #[doc(no_inline)]
    pub use crate::{DeleteOrigin, FieldSet, KeySet, M2mAction, PostDelete, PostSave, PreDelete, PreSave};
}

/// Sets of rows: conditions, orders, assignments, and the calls that read and write the rows.
#[cfg(feature = "_models")]
pub mod query {
    #[doc(inline)]
    pub use signals_core::backend::{NumberField, OrderedField, Total};
    #[doc(inline)]
    pub use signals_core::query::{
        ArithmeticField, Assignment, Condition, Expression, IntoExpression, IntoOrders, Now, NumberKind, Operand,
        Order, TextField, Values, now,
    };
    #[doc(inline)]
    pub use signals_core::store::{DeleteObjects, GetOrCreate, Objects, Page, UpdateObjects, UpdateOrCreate, ValuesOf};

    #[doc(no_inline)]
    pub use crate::Column;
}

/// Signals and receivers as values: to connect at run time, to send, and to list.
pub mod receivers {
    #[cfg(feature = "_models")]
    #[doc(inline)]
    pub use signals_core::db::{DbSignal, SendOn};
    #[doc(inline)]
    pub use signals_core::dispatch::{CustomSignal, DEFAULT_RECURSION_LIMIT};
    #[doc(inline)]
    pub use signals_core::registry::{
        ModelSignal, ReceiverGuard, ReceiverId, RegisteredReceiver, Registry, Sender, check_receivers,
    };
    #[doc(inline)]
    pub use signals_core::signal::{ConnectOptions, Outcome, ReceiverInfo, ReceiverOutput};

    #[doc(no_inline)]
    pub use crate::{Signal, registry};
}

/// References that are followed, and many-to-many relations with their changes.
#[cfg(feature = "_models")]
pub mod relation {
    #[doc(inline)]
    pub use signals_core::store::{
        KeyOf, KeySetIter, LoadedMany, LoadedOne, M2mAdd, M2mClear, M2mCreate, M2mRemove, M2mSet, ManyToMany, ToMany,
        ToManyThrough, ToOne,
    };

    #[doc(no_inline)]
    pub use crate::{KeySet, M2mAction, m2m_changed};
}

/// The test tools of one `Db`: the return types of [`Db::mute`] and [`Db::record`].
#[cfg(feature = "_models")]
pub mod testing {
    #[doc(inline)]
    pub use signals_core::db::{Muted, RecordedSignal, Recording};

    #[cfg(doc)]
    use crate::Db;
}

#[doc(hidden)]
pub use signals_core::private as __private;

// Not for use. They are here so that the compiler's messages name them without a path.
#[doc(hidden)]
#[cfg(feature = "_models")]
pub use signals_core::backend::{MysqlField, PostgresField, SqliteField};
#[doc(hidden)]
#[cfg(feature = "_models")]
pub use signals_core::model::Nullified;
#[doc(hidden)]
#[cfg(feature = "_models")]
pub use signals_core::private::{BorrowedAs, Compares, IsColumn, Kept};
#[doc(hidden)]
pub use signals_core::private::{Changeable, ItsOwnSender};
#[doc(hidden)]
#[cfg(feature = "_models")]
pub use signals_core::query::{OrderFrom, UseIn, UseObjects};
#[doc(hidden)]
#[cfg(feature = "_models")]
pub use signals_core::store::{FinalizedSignal, SetSignal};
#[doc(hidden)]
#[cfg(feature = "tasks")]
pub use signals_tasks::{Argument, TaskOutput};

/// The snippets of the README are tested too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(all(doc, feature = "_models", feature = "migrate", feature = "auth", feature = "manage"))]
pub mod guide;

//! Django's signals for Rust, on [sqlx](https://docs.rs/sqlx).
//!
//! Derive [`Model`] for a struct, and write a function with [`#[receiver(post_save, sender = User)]`](macro@receiver)
//! anywhere in the program. The function then runs at every save of a `User`, in the same transaction. The linker
//! registers it.
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
//! The names that most files need are at the root of the crate, and those of models and receivers in [`prelude`]. The
//! others are in modules, by what they are about. The [`guide`] has a chapter for each subject, from a first app to the
//! differences between databases.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` (default), `postgres`, `mysql` | a database; the URL chooses between them when the program runs |
//! | `migrate` (default) | `Db::migrate`, with sqlx's migrator, and the signals around migrations |
//! | `chrono`, `time`, `uuid`, `rust_decimal`, `json` | field types |
//! | `tasks` | tasks: work that is stored with a transaction and run later by a worker; it needs a database |
//! | `web` | the signals of requests, from a tower layer |
//! | `auth` | the signals of log-ins, on axum-login |
//!
//! Without a database feature the crate has signals of your own, and depends on neither sqlx nor sea-query.

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
pub use signals_derive::{receiver, signal};
#[cfg(feature = "web")]
pub use signals_web as web;

/// Tasks: functions whose calls are stored with a transaction and run later by a worker.
#[cfg(feature = "tasks")]
pub mod tasks {
    #[doc(hidden)]
    pub use signals_tasks::private as __private;
    #[doc(inline)]
    pub use signals_tasks::{
        Context, DbTasks, Drained, Enqueue, EnqueueUnique, Enqueued, RegisteredTask, Retry, Stopped, Task, TaskQueue,
        TaskState, TaskWorker, Worker, cancel_run, pause_queue, resume_queue, retry_run, task, tasks,
    };
}

/// The names of almost every file that declares models or receivers: `use signals::prelude::*`.
///
/// It has no `Result` and no `Error`, which would hide those of the standard library and of the application.
pub mod prelude {
    #[cfg(feature = "_models")]
    #[doc(no_inline)]
    pub use crate::{AnyModel, Db, Model, Tx, m2m_changed, post_delete, post_save, pre_delete, pre_save};
    #[doc(no_inline)]
    pub use crate::{receiver, signal};
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
        Connection, ConnectionCreated, DbBuilder, IntoHandle, TransactionBuilder, TxConnection, connection_created,
    };

    #[doc(no_inline)]
    pub use crate::{Db, Isolation, Tx};
}

/// What calls fail with, and what a failed receiver or a refused delete says about itself.
pub mod error {
    #[doc(inline)]
    pub use signals_core::error::{ReceiverCall, ReceiverError, RecursionError, ReferencingRows};

    #[doc(no_inline)]
    pub use crate::{BoxError, Error, Result};
}

/// How a value becomes a column, for applications with a field type of their own.
///
/// A type that derives `sqlx::Type` is a [`Field`](field::Field) by itself. A type of times that `auto_now` fills
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
    pub use signals_core::db::{PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
}

/// Models as data, their keys and columns, and the calls that write instances.
#[cfg(feature = "_models")]
pub mod model {
    #[doc(inline)]
    pub use signals_core::model::{
        ColumnMeta, ColumnOf, Entity, FieldSetIter, ForeignKey, Key, OnDelete, PrimaryKey, Reference,
    };
    #[doc(inline)]
    pub use signals_core::store::{BulkCreate, BulkDelete, BulkUpdate, Create, Delete, Deleted, Save};

    #[doc(no_inline)]
    pub use crate::{AnyModel, Column, FieldSet, Model, ModelMeta};
}

/// What the model signals carry.
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
    pub use signals_core::query::{Assignment, Condition, IntoOrders, Operand, Order, TextField};
    #[doc(inline)]
    pub use signals_core::store::{DeleteObjects, Objects, UpdateObjects};

    #[doc(no_inline)]
    pub use crate::Column;
}

/// Signals and receivers as values: connecting while the program runs, sending, and listing.
pub mod receivers {
    #[cfg(feature = "_models")]
    #[doc(inline)]
    pub use signals_core::db::DbSignal;
    #[doc(inline)]
    pub use signals_core::dispatch::{CustomSignal, DEFAULT_RECURSION_LIMIT};
    #[doc(inline)]
    pub use signals_core::registry::{
        ModelSignal, ReceiverGuard, ReceiverId, RegisteredReceiver, Sender, check_receivers,
    };
    #[doc(inline)]
    pub use signals_core::signal::{ConnectOptions, Outcome, ReceiverInfo, ReceiverOutput};

    #[doc(no_inline)]
    pub use crate::{Signal, registry};
}

/// Many-to-many relations and their changes.
#[cfg(feature = "_models")]
pub mod relation {
    #[doc(inline)]
    pub use signals_core::store::{KeyOf, KeySetIter, M2mAdd, M2mClear, M2mRemove, M2mSet, ManyToMany};

    #[doc(no_inline)]
    pub use crate::{KeySet, M2mAction, m2m_changed};
}

/// The tools of a test for one `Db`: what [`Db::mute`] and [`Db::record`] return.
#[cfg(feature = "_models")]
pub mod testing {
    #[doc(inline)]
    pub use signals_core::db::{Muted, RecordedSignal, Recording};

    #[cfg(doc)]
    use crate::Db;
}

#[doc(hidden)]
pub use signals_core::private as __private;

// Not to be used: they are here so that the compiler's messages name them without a path.
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

#[cfg(all(doc, feature = "_models", feature = "migrate", feature = "auth", feature = "tasks"))]
pub mod guide;

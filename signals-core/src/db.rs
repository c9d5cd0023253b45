//! Databases and transactions: [`Db`] and [`Tx`], cheap handles that are cloned and shared freely.

mod handle;
mod hooks;
#[cfg(feature = "migrate")]
mod migrate;
mod pool;
mod testing;
mod transaction;

#[doc(hidden)]
pub use crate::backend::discarding;
pub use crate::backend::{Connection, ExistingPool, Isolation, Target};
// A glob, since only `native` names the backends.
pub use handle::native::*;
#[doc(hidden)]
pub use handle::{Carried, carried};
pub(crate) use handle::{Change, Waiting};
pub use handle::{Db, FromPool, Handle, IntoHandle, PlainStatement, SendOn, TransactionBuilder, Tx};
pub use hooks::RecordedSignal;
#[cfg(feature = "migrate")]
pub use migrate::{PendingMigrations, PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
pub use pool::{ConnectionCreated, DbBuilder, connection_created};
pub use testing::{DbSignal, Muted, Recording};
pub use transaction::TxConnection;
pub(crate) use transaction::{
    Callback, CallbackError, Doing, End, MOST_PADDED, Placed, Statement, conclude_in_background, conclude_to_the_end,
    padded,
};

//! `pre_migrate` and `post_migrate`.

use std::ops::Deref;

use super::planned::PlannedMigration;
use crate::db::handle::Db;
use crate::db::hooks::RecordedSignal;
use crate::db::testing::DbSignal;
use crate::dispatch::{CustomSignal, NoSavepoint, Sending, send};
use crate::error::Result;
use crate::registry::{Sender, Slot};
use crate::signal::Signal;

/// Defines a signal of migrations, and its payload.
macro_rules! migrate_signal {
    ($(#[$doc:meta])* $signal:ident, $(#[$payload_doc:meta])* $payload:ident, $(#[$applied_doc:meta])* $applied:ident) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, reason = "a signal is named as it is called")]
        #[derive(Debug, Clone, Copy)]
        pub struct $signal;

        $(#[$payload_doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $payload<'a> {
            /// The migrations that were pending before the call, in their order.
            pub plan: &'a [PlannedMigration],
            $(#[$applied_doc])*
            pub $applied: &'a [i64],
            /// The name of the database.
            pub using: &'a str,
            /// The database. No transaction is open, so writes of a receiver stay.
            pub db: Db,
            /// The signal's name.
            pub signal: &'static str,
        }

        impl Signal for $signal {
            const NAME: &'static str = stringify!($signal);
            type Event<'a, M: ?Sized + Send + Sync + 'static> = $payload<'a>;
            type Any = Self;
            type Response = ();
        }

        #[diagnostic::do_not_recommend]
        impl Sender<$signal> for $signal {
            fn name() -> &'static str {
                stringify!($signal)
            }

            fn slot() -> &'static Slot<Self, Self> {
                static SLOT: Slot<$signal, $signal> = Slot::new();
                &SLOT
            }
        }

        impl DbSignal for $signal {}

        impl Deref for $signal {
            type Target = CustomSignal<Self>;

            fn deref(&self) -> &Self::Target {
                const { &CustomSignal::new() }
            }
        }
    };
}

migrate_signal! {
    /// Sent by [`Db::migrate`] before the first migration, after the plan was made and checked. An error
    /// stops the call.
    ///
    /// The tables are those before the migrations, so models may not match them yet. A new database has only
    /// sqlx's own table. The signal is sent once for each call, even if nothing is pending.
    ///
    /// # Payload
    ///
    /// The payload is [`PreMigrate`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `plan` | `&[PlannedMigration]` | `plan: &[PlannedMigration]` | the [migrations](PlannedMigration) that are pending, in their order |
    /// | `applied` | `&[i64]` | `applied: &[i64]` | the versions that are applied already, lowest first |
    /// | `db` | `Db` | `db: &Db` | the database; no transaction is open, so writes of a receiver stay |
    /// | `using` | `&str` | `using: &str` | the name of the database |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal |
    ///
    /// # Options
    ///
    /// `priority`, `uid` and `robust` apply. There is no sender. The failure of a `robust` receiver is
    /// logged, and the migrations continue. Its writes stay.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::migrate::{PlannedMigration, pre_migrate};
    /// use signals::{Error, Result, receiver};
    ///
    /// #[receiver(pre_migrate)]
    /// fn ask_first(plan: &[PlannedMigration], using: &str) -> Result<()> {
    ///     for migration in plan {
    ///         println!("{using}: {migration}");
    ///     }
    ///     if plan.len() > 20 { Err(Error::other("migrate the old way first")) } else { Ok(()) }
    /// }
    /// # fn main() {}
    /// ```
    pre_migrate,
    /// The payload of [`pre_migrate`].
    PreMigrate,
    /// The versions that were applied before, lowest first.
    applied
}
migrate_signal! {
    /// Sent by [`Db::migrate`] after the last migration. The call returns a receiver's error, and the
    /// migrations stay.
    ///
    /// Use it to insert rows that a program needs. It is sent at each call, so receivers must be able to run
    /// again. It is not sent if a migration fails.
    ///
    /// # Payload
    ///
    /// The payload is [`PostMigrate`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `plan` | `&[PlannedMigration]` | `plan: &[PlannedMigration]` | the [migrations](PlannedMigration) that were pending before the call, in their order |
    /// | `applied` | `&[i64]` | `applied: &[i64]` | the versions that are applied now, lowest first |
    /// | `db` | `Db` | `db: &Db` | the database; no transaction is open, so writes of a receiver stay |
    /// | `using` | `&str` | `using: &str` | the name of the database |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal |
    ///
    /// # Options
    ///
    /// `priority`, `uid` and `robust` apply. There is no sender. The failure of a `robust` receiver is
    /// logged. Its writes stay.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::migrate::post_migrate;
    /// use signals::{Db, Model, Result, receiver};
    ///
    /// #[derive(Model)]
    /// struct Role {
    ///     id: i64,
    ///     name: String,
    /// }
    ///
    /// #[receiver(post_migrate)]
    /// async fn make_roles(db: &Db) -> Result<()> {
    ///     Role { id: 1, name: "admin".into() }.save(db).await
    /// }
    /// # fn main() {}
    /// ```
    post_migrate,
    /// The payload of [`post_migrate`].
    PostMigrate,
    /// The versions that are applied, lowest first.
    applied
}

/// Sends `pre_migrate`.
pub(super) async fn before(db: &Db, plan: &[PlannedMigration], applied: &[i64]) -> Result<()> {
    let receivers = db.receivers::<pre_migrate, pre_migrate>();
    db.record_sent(|| recorded(pre_migrate::NAME, plan));
    let mut event = PreMigrate { plan, applied, using: db.name(), db: db.clone(), signal: pre_migrate::NAME };
    send::<pre_migrate, pre_migrate>(&receivers, &mut event, sending(db), NoSavepoint).await.map(drop)
}

/// Sends `post_migrate`.
pub(super) async fn after(db: &Db, plan: &[PlannedMigration], applied: &[i64]) -> Result<()> {
    let receivers = db.receivers::<post_migrate, post_migrate>();
    db.record_sent(|| recorded(post_migrate::NAME, plan));
    let mut event = PostMigrate { plan, applied, using: db.name(), db: db.clone(), signal: post_migrate::NAME };
    send::<post_migrate, post_migrate>(&receivers, &mut event, sending(db), NoSavepoint).await.map(drop)
}

fn recorded(signal: &'static str, plan: &[PlannedMigration]) -> RecordedSignal {
    RecordedSignal::new(signal, signal).with(format_args!("{} pending", plan.len()))
}

fn sending(db: &Db) -> Sending {
    Sending { limit: Some(db.recursion_limit()), ..Sending::UNBOUND }
}

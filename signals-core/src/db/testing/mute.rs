//! Muted receivers, which are not called while a guard lives.

use std::fmt;

use super::guard::guard;
use crate::db::handle::Db;
use crate::db::hooks::{Control, Guard, Mute, is_named};
use crate::error::Result;
use crate::registry::suggest;
use crate::signal::Signal;

/// A signal that is sent through a [`Db`], so that test tools can distinguish its databases.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not sent through a `Db`",
    label = "no signal of a `Db`",
    note = "your own signals are sent without a `Db`: connect receivers of tests by `connect_scoped`"
)]
pub trait DbSignal: Signal + Copy {}

/// A guard that mutes receivers until it is dropped.
///
/// [`Db::mute`] and [`Db::mute_receiver`] return it. **Bind it to a name, such as `let _muted = ..`.**
/// `let _ = ..` drops it at once.
#[must_use = "the receivers are called again when this is dropped"]
pub struct Muted {
    _guard: Guard,
}

impl Db {
    /// Mutes the receivers of a signal that is sent through this database, until the guard is dropped.
    ///
    /// The guard applies to clones of this `Db` and to transactions on it, including those that are already
    /// open. It does not affect other databases, so tests that run in parallel, each with its own `Db`, are
    /// independent. On a `Db` within a transaction ([`Tx::as_db`](crate::db::Tx::as_db)), it applies only to
    /// that transaction. Receivers of whole sets, and those that wait for the commit, are muted with their
    /// signal. Guards may overlap and be dropped in any order.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// use signals::{post_save, receiver};
    /// # #[derive(Model)]
    /// # struct User { id: i64 }
    ///
    /// #[receiver(post_save, sender = User)]
    /// fn send_mail(instance: &User) {
    ///     panic!("no mails in tests");
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// let muted = db.mute(post_save);
    /// User { id: 0 }.save(&db).await?;
    /// drop(muted);
    /// # Ok(()) }
    /// ```
    pub fn mute<S: DbSignal>(&self, signal: S) -> Muted {
        let _ = signal;
        Muted { _guard: guard(self, Control::Mute(Mute::Signal(S::KIND.family()))) }
    }

    /// Mutes one receiver, by its uid or its path, for all its signals on this database. See
    /// [`mute`](Self::mute).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownReceiver`](crate::error::Error::UnknownReceiver) if no receiver has this uid or path.
    /// The error suggests similar names.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// use signals::{post_save, receiver};
    /// # #[derive(Model)]
    /// # struct User { id: i64 }
    ///
    /// #[receiver(post_save, sender = User, uid = "mails.welcome")]
    /// fn send_mail(instance: &User) {
    ///     panic!("no mails in tests");
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// let _muted = db.mute_receiver("mails.welcome")?;
    /// User { id: 0 }.save(&db).await?;
    /// # Ok(()) }
    /// ```
    pub fn mute_receiver(&self, name: &str) -> Result<Muted> {
        suggest::check(name, |receiver| is_named(receiver, name))?;
        Ok(Muted { _guard: guard(self, Control::Mute(Mute::Receiver(name.to_owned()))) })
    }
}

impl fmt::Debug for Muted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Muted").finish_non_exhaustive()
    }
}

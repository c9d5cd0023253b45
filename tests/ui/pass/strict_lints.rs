//! Generated code is documented, safe, and free of what lints and Clippy refuse.

#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused, warnings)]
#![deny(non_camel_case_types, non_upper_case_globals, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use signals::{Model, Result, Tx, post_save, pre_save, receiver};

/// A user, as others see it.
#[derive(Debug, Clone, Model)]
pub struct User {
    /// The primary key.
    pub id: i64,
    /// Where mail goes.
    #[model(unique)]
    pub email: String,
    /// What nobody sees.
    #[model(skip)]
    pub cache: Option<String>,
}

signals::signal! {
    /// Sent when a user is welcome.
    #[derive(Debug)]
    pub user_welcomed { user_id: i64 }
}

signals::expect_receivers!["welcome"];

/// Keeps emails in lower case.
#[receiver(pre_save, sender = User)]
pub fn normalize(instance: &mut User) {
    instance.email.make_ascii_lowercase();
}

/// Tells of a new user.
///
/// # Errors
///
/// Those of the other receivers.
#[receiver(post_save, sender = User, priority = -1, uid = "welcome", robust, raw)]
pub async fn welcome(instance: &User, tx: &Tx) -> Result<()> {
    let _ = tx;
    user_welcomed.send(UserWelcomed { user_id: instance.id }).await?;
    Ok(())
}

fn main() {
    assert_eq!(signals::registry().len(), 2);
}

//! The authentication signals and their payloads.

use std::any::Any;
use std::fmt;
use std::ops::Deref;

use http::request::Parts;
use signals_core::registry::{ModelSignal, OpenSignal};
use signals_core::signal::{Event, Signal};

use super::credentials::MaskedCredentials;
use crate::sensitive::Line;

/// Defines a signal whose sender is the type of the user.
macro_rules! user_signal {
    ($(#[$doc:meta])* $signal:ident, $name:literal, $payload:ident, |$user:ident| $erased:expr) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, reason = "a signal is written in `snake_case`")]
        #[derive(Debug, Clone, Copy)]
        pub struct $signal;

        impl Signal for $signal {
            const NAME: &'static str = $name;
            type Event<'a, M: ?Sized + Send + Sync + 'static> = $payload<'a, M>;
            type Any = dyn Any + Send + Sync;
            type Response = ();
        }

        impl OpenSignal for $signal {
            fn erase<'a, M: Send + Sync + 'static>(
                event: &'a mut $payload<'_, M>,
            ) -> Option<Event<'a, Self, Self::Any>> {
                let $user = event.user;
                Some($payload { user: $erased, parts: event.parts })
            }
        }

        impl Deref for $signal {
            type Target = ModelSignal<Self>;

            fn deref(&self) -> &Self::Target {
                const { &ModelSignal::new() }
            }
        }

        // The user's own `Debug` may show the hash of a password.
        impl<M: ?Sized> fmt::Debug for $payload<'_, M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($payload)).field("parts", &Line(self.parts)).finish_non_exhaustive()
            }
        }
    };
}

user_signal! {
    /// Sent by [`SignalsAuth::login`](crate::auth::SignalsAuth::login) when the session was renewed and is in
    /// the store. The sender is `AuthnBackend::User`: with any other type as its sender, a receiver is never
    /// called.
    ///
    /// A receiver without a sender takes `user: &dyn Any`.
    ///
    /// # Payload
    ///
    /// The payload is [`UserLoggedIn`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `user` | `&M` | `user: &User` | the user who logged in |
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    ///
    /// # Options
    ///
    /// `sender`, `priority` and `uid` apply. Each receiver is always robust: a failure is logged, and the
    /// log-in stays.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use http::request::Parts;
    /// use signals::receiver;
    /// use signals::web::auth::user_logged_in;
    ///
    /// # struct User { name: String }
    /// #[receiver(user_logged_in, sender = User)]
    /// fn log(user: &User, parts: &Parts) {
    ///     println!("{} logged in at {}", user.name, parts.uri.path());
    /// }
    /// # fn main() {}
    /// ```
    user_logged_in, "user_logged_in", UserLoggedIn, |user| user
}

/// The payload of [`user_logged_in`].
#[non_exhaustive]
pub struct UserLoggedIn<'a, M: ?Sized> {
    /// The user who logged in.
    pub user: &'a M,
    /// The request without its body.
    pub parts: &'a Parts,
}

user_signal! {
    /// Sent by [`SignalsAuth::logout`](crate::auth::SignalsAuth::logout) before the session is flushed. The
    /// sender is `AuthnBackend::User`, even if no user was logged in: with any other type as its sender, a
    /// receiver is never called.
    ///
    /// A receiver without a sender takes `user: Option<&(dyn Any + Send + Sync)>`.
    ///
    /// # Payload
    ///
    /// The payload is [`UserLoggedOut`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `user` | `Option<&M>` | `user: Option<&User>` | the user who logs out; `None` if no user was logged in |
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    ///
    /// # Options
    ///
    /// `sender`, `priority` and `uid` apply. Each receiver is always robust: a failure is logged, and the
    /// session is flushed.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::receiver;
    /// use signals::web::auth::user_logged_out;
    ///
    /// # struct User { name: String }
    /// #[receiver(user_logged_out, sender = User)]
    /// fn log(user: Option<&User>) {
    ///     if let Some(user) = user {
    ///         println!("{} logs out", user.name);
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    user_logged_out, "user_logged_out", UserLoggedOut, |user| user.map(|user| user as &(dyn Any + Send + Sync))
}

/// The payload of [`user_logged_out`].
#[non_exhaustive]
pub struct UserLoggedOut<'a, M: ?Sized> {
    /// The user who logs out; `None` if no user was logged in.
    pub user: Option<&'a M>,
    /// The request without its body.
    pub parts: &'a Parts,
}

signals_derive::signal! {
    /// Sent by [`SignalsAuth::authenticate`](crate::auth::SignalsAuth::authenticate), once for
    /// each call that finds no user. Not sent for an error of the backend.
    ///
    /// If credentials are checked without a session, such as a key in a header, send the signal of a failure
    /// by `user_login_failed.notify(UserLoginFailed::new(&masked, &parts)).await`.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `credentials` | `&MaskedCredentials` | `credentials: &MaskedCredentials` | the fields of the credentials; only those that may be shown have their values |
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is always robust.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::receiver;
    /// use signals::web::auth::{MaskedCredentials, user_login_failed};
    ///
    /// #[receiver(user_login_failed)]
    /// fn log(credentials: &MaskedCredentials) {
    ///     println!("nobody logged in with {credentials:?}");
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[non_exhaustive]
    pub user_login_failed<'a> {
        /// The credentials without their secrets.
        credentials: &'a MaskedCredentials,
        /// The request without its body.
        parts: &'a Parts,
    }
}

impl<'a> UserLoginFailed<'a> {
    /// Makes the payload of a failure in a custom middleware.
    pub fn new(credentials: &'a MaskedCredentials, parts: &'a Parts) -> Self {
        Self { credentials, parts }
    }
}

impl fmt::Debug for UserLoginFailed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { credentials, parts } = self;
        f.debug_struct("UserLoginFailed").field("credentials", credentials).field("parts", &Line(parts)).finish()
    }
}

//! Authentication signals, on [`axum_login`].
//!
//! A handler that takes [`SignalsAuth`] in place of `axum_login::AuthSession` sends [`user_logged_in`],
//! [`user_logged_out`] and [`user_login_failed`]. The rest of the application does not change.
//!
//! As with the request signals, a receiver that fails or panics is only logged. It does not change who is
//! logged in. (In Django a failing receiver of `user_logged_out` prevents the log-out.)
//!
//! # Examples
//!
//! ```standalone_crate
//! use axum::{Form, http::StatusCode, http::request::Parts};
//! use axum_login::{AuthUser, AuthnBackend};
//! use signals::receiver;
//! use signals::web::auth::{
//!     LoginCredentials, MaskedCredentials, SignalsAuth, user_logged_in, user_login_failed,
//! };
//!
//! # #[derive(Debug, Clone)]
//! # struct User { id: i64, hash: Vec<u8> }
//! # impl AuthUser for User {
//! #     type Id = i64;
//! #     fn id(&self) -> i64 { self.id }
//! #     fn session_auth_hash(&self) -> &[u8] { &self.hash }
//! # }
//! # #[derive(Clone)]
//! # struct Backend;
//! # impl AuthnBackend for Backend {
//! #     type User = User;
//! #     type Credentials = Credentials;
//! #     type Error = std::convert::Infallible;
//! #     async fn authenticate(&self, _: Credentials) -> Result<Option<User>, Self::Error> { Ok(None) }
//! #     async fn get_user(&self, _: &i64) -> Result<Option<User>, Self::Error> { Ok(None) }
//! # }
//! #[derive(serde::Deserialize, LoginCredentials)]
//! struct Credentials {
//!     #[credentials(show)]
//!     name: String,
//!     password: String,
//! }
//!
//! async fn log_in(mut auth: SignalsAuth<Backend>, Form(credentials): Form<Credentials>) -> StatusCode {
//!     match auth.authenticate(credentials).await {
//!         Ok(Some(user)) if auth.login(&user).await.is_ok() => StatusCode::OK,
//!         Ok(None) => StatusCode::UNAUTHORIZED,
//!         _ => StatusCode::INTERNAL_SERVER_ERROR,
//!     }
//! }
//!
//! #[receiver(user_logged_in, sender = User)]
//! async fn greet(user: &User, parts: &Parts) {
//!     println!("{} logged in at {}", user.id, parts.uri.path());
//! }
//!
//! #[receiver(user_login_failed)]
//! fn warn(credentials: &MaskedCredentials) {
//!     println!("no such user, or a wrong password: {credentials}");
//! }
//! # fn main() {}
//! ```

mod credentials;
#[cfg(feature = "_models")]
mod last_login;
mod session;
mod signals;

pub use credentials::{LoginCredentials, MaskedCredentials};
#[cfg(feature = "_models")]
pub use last_login::{LastLogin, update_last_login};
pub use session::SignalsAuth;
pub use signals::{UserLoggedIn, UserLoggedOut, UserLoginFailed, user_logged_in, user_logged_out, user_login_failed};
pub use signals_derive::LoginCredentials;

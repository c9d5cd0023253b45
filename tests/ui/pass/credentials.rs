//! Credentials of any shape, in a module that shadows the names of the prelude and denies warnings.

#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]

use signals::web::auth::LoginCredentials;

type Name = std::string::String;

struct String;
struct MaskedCredentials;
trait Display {}

/// Credentials.
#[derive(LoginCredentials)]
pub struct Credentials<'a, T: Copy + std::fmt::Display> {
    /// Shown.
    #[credentials(show)]
    pub r#type: Name,
    /// Shown, and borrowed.
    #[credentials(show)]
    pub realm: &'a T,
    /// Hidden.
    pub password: Name,
    /// Hidden, since it cannot be shown.
    pub code: Option<Vec<u8>>,
}

mod inner {
    #[derive(signals::web::auth::LoginCredentials)]
    pub(super) struct Nothing {}
}

fn main() {
    let credentials = Credentials { r#type: "user".into(), realm: &7, password: "secret".into(), code: None };
    let masked = credentials.mask();
    let names: Vec<_> = masked.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["type", "realm", "password", "code"]);
    assert_eq!((masked.field("type"), masked.field("realm")), (Some("user"), Some("7")));
    assert_eq!((masked.field("password"), masked.field("code")), (masked.field("code"), Some("********************")));
    assert_eq!(inner::Nothing {}.mask().iter().count(), 0);
    let _ = (String, MaskedCredentials);
    struct Type;
    impl Display for Type {}
    let _ = Type;
}

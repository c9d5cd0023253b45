//! Generated code does not depend on the meaning of `Result`, `Option` or `Box` in its scope.

#![allow(dead_code, unused_imports)]

mod taken {
    pub struct Result;
    pub struct Option;
    pub struct Box;
    pub struct String;
    pub struct Vec;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub trait Default {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub trait Clone {}
    pub trait Copy {}
    pub trait Debug {}
    pub trait Any {}
    pub trait Into {}
    pub trait From {}
    pub trait Model {}
    pub trait Signal {}
    pub mod std {}
    pub mod core {}
    pub mod signals {}
    pub mod inventory {}
    pub mod sqlx {}
}

use taken::*;

#[derive(::signals::Model)]
struct User {
    id: i64,
    email: ::std::string::String,
    #[model(skip)]
    cache: ::std::option::Option<i64>,
    #[model(auto_now)]
    updated_at: ::chrono::DateTime<::chrono::Utc>,
}

::signals::signal! {
    order_shipped { order_id: i64 } -> u64
}

#[::signals::receiver(::signals::post_save, sender = User)]
async fn welcome(instance: &User) -> ::signals::Result<()> {
    let _ = instance;
    ::std::result::Result::Ok(())
}

#[::signals::receiver(order_shipped)]
fn ship(order_id: i64) -> u64 {
    order_id.unsigned_abs()
}

fn main() {
    assert_eq!(::signals::registry().len(), 2);
}

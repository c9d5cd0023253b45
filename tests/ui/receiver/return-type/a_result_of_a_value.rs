#![allow(unused_variables)]

use signals::{Model, Result, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, sender = User)]
async fn welcome(instance: &User) -> Result<u64> {
    Ok(7)
}

fn main() {}

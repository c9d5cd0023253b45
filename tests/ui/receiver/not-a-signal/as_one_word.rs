#![allow(unused_variables)]

use signals::{Model, receiver};

#[derive(Model)]
struct User {
    id: i64,
}

#[receiver(postsave, sender = User)]
fn welcome(instance: &User) {}

fn main() {}

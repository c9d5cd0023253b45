#![allow(unused_variables)]

use signals::{Model, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(User)]
fn welcome(instance: &User) {}

fn main() {}

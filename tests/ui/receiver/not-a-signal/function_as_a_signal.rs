#![allow(unused_variables)]

use signals::{Model, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

fn saved() {}

#[receiver(saved, sender = User)]
fn welcome(instance: &User) {}

fn main() {}

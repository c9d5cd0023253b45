#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, User)]
fn welcome(instance: &User) {}

fn main() {}

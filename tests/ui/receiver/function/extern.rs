#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, sender = User)]
extern "C" fn welcome(instance: &User) {}

fn main() {}

#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[derive(Model)]
struct Post {
    id: i64,
}

#[receiver(post_save, sender = Post)]
fn welcome(instance: &User) {}

fn main() {}

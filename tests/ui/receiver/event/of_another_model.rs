#![allow(unused_variables)]

use signals::{Model, PostSave, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[derive(Model)]
struct Post {
    id: i64,
}

#[receiver(post_save, sender = User)]
fn welcome(event: &PostSave<'_, Post>) {}

fn main() {}

#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

const LATE: i32 = 10;

#[receiver(post_save, sender = User, priority = LATE)]
fn welcome(instance: &User) {}

fn main() {}

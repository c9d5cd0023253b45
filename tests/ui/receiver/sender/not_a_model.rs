#![allow(unused_variables)]

use signals::{post_save, receiver};

struct User {
    id: i64,
}

#[receiver(post_save, sender = User)]
fn welcome(instance: &User) {}

fn main() {}

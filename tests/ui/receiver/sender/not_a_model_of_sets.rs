#![allow(unused_variables)]

use signals::{post_save, receiver};

struct User {
    id: i64,
}

#[receiver(post_save, sender = User, set)]
fn index(instances: &[User]) {}

fn main() {}

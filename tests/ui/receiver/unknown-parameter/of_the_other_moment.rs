#![allow(unused_variables)]

use signals::{Model, pre_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(pre_save, sender = User)]
fn welcome(instance: &User, created: bool) {}

fn main() {}

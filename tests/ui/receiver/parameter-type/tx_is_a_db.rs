#![allow(unused_variables)]

use signals::{Db, Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, sender = User)]
async fn welcome(instance: &User, tx: &Db) {}

fn main() {}

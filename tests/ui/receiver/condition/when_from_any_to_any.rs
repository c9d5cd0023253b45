#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
enum Status {
    Draft,
    Published,
}

#[derive(Clone, Model)]
struct Article {
    id: i64,
    title: String,
    status: Status,
}

#[receiver(post_save, sender = Article, when(status: _ => _))]
fn announce(instance: &Article) {}

fn main() {}

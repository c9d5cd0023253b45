//! `changed(..)` compares stored values, so a field's type need not be `PartialEq`.

#![deny(warnings)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Copy, sqlx::Type)]
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

#[receiver(post_save, sender = Article, changed(title, status))]
fn announce(instance: &Article) {
    let _ = (&instance.title, [Status::Draft, Status::Published]);
}

fn main() {
    assert_eq!(signals::registry().len(), 1);
}

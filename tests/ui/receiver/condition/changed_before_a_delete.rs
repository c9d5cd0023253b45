#![allow(unused_variables)]

use signals::{Model, pre_delete, receiver};

#[derive(Clone, Model)]
struct Article {
    id: i64,
    title: String,
}

#[receiver(pre_delete, sender = Article, changed(title))]
fn announce(instance: &Article) {}

fn main() {}

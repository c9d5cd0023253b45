#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Model)]
struct Article {
    id: i64,
    title: String,
    age: Option<i16>,
}

#[receiver(post_save, sender = Article, when(age: None => Some(_)))]
fn announce(instance: &Article) {}

fn main() {}

#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Model)]
struct Article {
    id: i64,
    title: String,
    #[model(skip)]
    cache: Option<String>,
}

#[receiver(post_save, sender = Article, when(cache: None => Some("html".to_owned())))]
fn announce(instance: &Article) {}

fn main() {}

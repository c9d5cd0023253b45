#![allow(unused_variables)]

use signals::{AnyModel, Model, m2m_changed, receiver};

#[derive(Clone, Model)]
#[model(many_to_many(tags: Tag))]
struct Article {
    id: i64,
}

#[derive(Clone, Model)]
struct Tag {
    id: i64,
}

#[receiver(m2m_changed, sender = ArticleTags, when(tag_id: _ => 7))]
fn announce(instance: &dyn AnyModel) {}

fn main() {}

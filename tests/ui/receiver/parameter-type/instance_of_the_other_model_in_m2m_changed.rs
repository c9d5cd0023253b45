#![allow(unused_variables)]

use signals::{Model, m2m_changed, receiver};

#[derive(Model)]
#[model(many_to_many(tags: Tag))]
struct Post {
    id: i64,
}

#[derive(Model)]
struct Tag {
    id: i64,
}

#[receiver(m2m_changed, sender = PostTags)]
fn tagged(instance: &Post) {}

fn main() {}

#![allow(unused_variables)]

use signals::{M2mAction, m2m_changed, receiver};

struct Tagged {
    tag_id: i64,
}

#[receiver(m2m_changed, sender = Tagged)]
fn count(action: &M2mAction) {}

fn main() {}

#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[receiver(post_save)]
fn audit<M: Model>(instance: &M) {}

fn main() {}

#![allow(unused_variables)]

use signals::{AnyModel, post_save, receiver};

#[receiver(post_save)]
fn audit(instance: Box<dyn AnyModel>) {}

fn main() {}

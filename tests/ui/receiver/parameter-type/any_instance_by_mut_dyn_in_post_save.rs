#![allow(unused_variables)]

use signals::{AnyModel, post_save, receiver};

#[receiver(post_save)]
fn audit(instance: &mut dyn AnyModel) {}

fn main() {}

#![allow(unused_variables)]

use signals::{AnyModel, post_save, receiver};

#[receiver(post_save, sender = dyn AnyModel)]
fn audit(instance: &dyn AnyModel) {}

fn main() {}

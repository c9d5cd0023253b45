#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

use std::rc::Rc;

#[derive(Debug)]
struct Refused(Rc<str>);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

#[receiver(post_save, sender = User)]
fn welcome(instance: &User) -> Result<(), Refused> {
    Err(Refused("no".into()))
}

fn main() {}

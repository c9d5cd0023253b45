use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[derive(Model)]
struct Post {
    id: i64,
}

#[receiver(post_save, sender = [User, Post])]
fn audit() {}

fn main() {}

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

impl User {
    #[receiver(post_save, sender = User)]
    fn welcome(&self) {}
}

fn main() {}

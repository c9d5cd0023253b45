use signals::{Model, pre_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(pre_save, sender = User)]
fn normalize(mut instance: User) {
    instance.email.make_ascii_lowercase();
}

fn main() {}

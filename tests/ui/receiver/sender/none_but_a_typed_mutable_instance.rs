use signals::{Model, pre_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(pre_save)]
fn normalize(instance: &mut User) {
    instance.email.make_ascii_lowercase();
}

fn main() {}

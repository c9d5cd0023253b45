use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

impl User {
    const EMAIL: &'static str = "email";
}

fn main() {}

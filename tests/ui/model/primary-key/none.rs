use signals::Model;

#[derive(Model)]
struct User {
    email: String,
}

fn main() {}

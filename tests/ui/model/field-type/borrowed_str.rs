use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    email: &'static str,
}

fn main() {}

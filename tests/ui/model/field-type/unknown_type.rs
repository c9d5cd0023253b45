use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    email: Strin,
}

fn main() {}

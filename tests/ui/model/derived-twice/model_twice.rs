use signals::Model;

#[derive(Model, Model)]
struct User {
    id: i64,
}

fn main() {}

use signals::Model;

#[model(table = "users")]
struct User {
    id: i64,
}

fn main() {}

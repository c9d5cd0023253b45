use signals::Model;

#[derive(Model)]
#[model = "users"]
struct User {
    id: i64,
}

fn main() {}

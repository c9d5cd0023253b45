use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(unique index)]
    email: String,
}

fn main() {}

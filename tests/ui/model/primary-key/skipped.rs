use signals::Model;

#[derive(Model)]
struct User {
    #[model(skip)]
    id: i64,
    email: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(null)]
    email: String,
}

fn main() {}

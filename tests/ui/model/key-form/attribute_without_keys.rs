use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model]
    email: String,
}

fn main() {}

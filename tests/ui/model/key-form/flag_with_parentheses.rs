use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(unique())]
    email: String,
}

fn main() {}

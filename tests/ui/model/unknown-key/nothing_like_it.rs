use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(max_length = 80)]
    email: String,
}

fn main() {}

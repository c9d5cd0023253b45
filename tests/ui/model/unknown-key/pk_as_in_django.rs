use signals::Model;

#[derive(Model)]
struct User {
    #[model(pk)]
    email: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(column = "Email")]
    contact: String,
    email: String,
}

fn main() {}

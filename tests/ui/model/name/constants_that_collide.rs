use signals::Model;

#[derive(Model)]
#[allow(non_snake_case)]
struct User {
    id: i64,
    email: String,
    #[model(column = "other")]
    eMail: String,
}

fn main() {}

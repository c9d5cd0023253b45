use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(rename = "e_mail")]
    email: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(column = "mail", column = "e_mail")]
    email: String,
}

fn main() {}

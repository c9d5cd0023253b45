use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(column = "e_mail" unique)]
    email: String,
}

fn main() {}

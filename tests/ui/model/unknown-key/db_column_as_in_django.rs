use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(db_column = "e_mail")]
    email: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(unique)]
    email: String,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = User, to = email, on_delete = set_null)]
    user_email: String,
}

fn main() {}

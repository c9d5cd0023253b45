use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = User, on_delete = set_default)]
    user_id: i64,
}

fn main() {}

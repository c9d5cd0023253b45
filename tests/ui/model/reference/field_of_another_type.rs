use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = User, on_delete = protect)]
    user_id: Option<String>,
}

fn main() {}

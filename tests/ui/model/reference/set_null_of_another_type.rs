use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = User, on_delete = set_null)]
    user_id: Option<i32>,
}

fn main() {}

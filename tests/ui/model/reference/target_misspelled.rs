use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = Usr, on_delete = cascade)]
    user_id: i64,
}

fn main() {}

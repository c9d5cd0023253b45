use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Order {
    id: i64,
    #[model(references = User, on_delete = cascade)]
    user_id: i64,
}

fn main() {
    let _ = User::ORDERS;
}

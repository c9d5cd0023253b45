use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
}

#[derive(Model)]
struct Order {
    id: i64,
    #[model(references = User, related = orders, on_delete = cascade)]
    buyer_id: i64,
    #[model(references = User, related = orders, on_delete = cascade)]
    seller_id: i64,
}

fn main() {
    let _ = User::ORDERS;
}

use signals::{Db, Model, Result};

#[derive(Debug, Clone, Model)]
struct User {
    id: i64,
}

#[derive(Debug, Clone, Model)]
struct Order {
    id: i64,
    #[model(references = User, related = orders, on_delete = cascade)]
    user_id: i64,
}

async fn load(db: &Db, orders: &[Order]) -> Result<()> {
    User::ORDERS.load(db, orders).await.map(drop)
}

fn main() {}

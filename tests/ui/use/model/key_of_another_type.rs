use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn load(db: &Db) -> Result<User> {
    User::get(db, "7").await
}

fn main() {}

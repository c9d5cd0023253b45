use signals::{Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn load() -> Result<User> {
    User::get("sqlite::memory:", 1).await
}

fn main() {}

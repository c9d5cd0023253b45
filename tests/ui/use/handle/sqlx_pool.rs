use signals::{Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(pool: &sqlx::SqlitePool, user: &mut User) -> Result<()> {
    user.save(pool).await
}

fn main() {}

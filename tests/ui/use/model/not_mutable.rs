use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(db: &Db) -> Result<()> {
    let user = User { id: 0, email: String::new() };
    user.save(db).await
}

fn main() {}

use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(db: &Db, user: &mut User) -> Result<()> {
    user.save(db).force_create().await
}

fn main() {}

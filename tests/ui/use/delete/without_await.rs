use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn remove(db: &Db, user: &User) -> Result<u64> {
    Ok(user.delete(db)?.rows())
}

fn main() {}

use signals::{Db, Model, Result};

struct User {
    id: i64,
}

async fn store(db: &Db, user: &mut User) -> Result<()> {
    user.save(db).await
}

fn main() {}

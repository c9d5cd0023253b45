use signals::{Db, Model, Result};

struct User {
    id: i64,
}

async fn load(db: &Db) -> Result<User> {
    <User as Model>::get(db, 1).await
}

fn main() {}

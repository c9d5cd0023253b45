use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    age: Option<i32>,
}

async fn example(db: &Db) -> Result<()> {
    User::objects().filter(User::ID.is_in([1, 2])).all(db).await?;
    Ok(())
}

fn main() {}

use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    age: Option<i32>,
}

async fn example(db: &Db) -> Result<()> {
    User::all(db).await?;
    Ok(())
}

fn main() {}

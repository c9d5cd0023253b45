use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    age: Option<i32>,
}

async fn example(db: &Db) -> Result<()> {
    User::objects().filter(User::NAME.eq("ann")).get(db).await?;
    Ok(())
}

fn main() {}

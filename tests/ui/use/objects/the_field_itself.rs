use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    age: Option<i32>,
}

#[derive(Model)]
struct Note {
    id: i64,
    text: String,
}

async fn example(db: &Db) -> Result<()> {
    User::objects().filter("name = 1").all(db).await?;
    Ok(())
}

fn main() {}

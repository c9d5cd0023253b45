use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[derive(Model)]
struct Post {
    id: i64,
    title: String,
}

async fn store(db: &Db, user: &mut User) -> Result<()> {
    user.save(db).update_fields([Post::TITLE]).await
}

fn main() {}

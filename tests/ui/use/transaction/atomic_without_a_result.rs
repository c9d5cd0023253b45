use signals::{Db, Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(db: &Db, mut user: User) -> Result<()> {
    db.atomic(|tx| async move {
        user.save(&tx).await?;
    })
    .await
}

fn main() {}

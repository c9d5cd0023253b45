use signals::{Model, Result, Tx};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(tx: Tx, user: &mut User) -> Result<()> {
    tx.commit().await?;
    user.save(&tx).await
}

fn main() {}

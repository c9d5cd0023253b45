use signals::{Model, Result, Tx};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(mut tx: Tx, user: &mut User) -> Result<()> {
    user.save(&mut tx).await
}

fn main() {}

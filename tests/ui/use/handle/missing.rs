use signals::{Model, Result};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn store(user: &mut User) -> Result<()> {
    user.save().await
}

fn main() {}

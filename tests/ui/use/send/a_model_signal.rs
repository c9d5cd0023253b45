use signals::{Model, Result, post_save};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

async fn tell(user: User) -> Result<()> {
    post_save.send(user).await?;
    Ok(())
}

fn main() {}

use signals::{Db, Model, Result, post_save, receiver};

#[derive(Debug, Clone, Model)]
struct User {
    id: i64,
    #[model(uniqe)]
    email: String,
}

#[receiver(post_save, sender = User)]
fn welcome(instance: &User) {
    println!("{}", instance.email);
}

async fn rename(db: &Db, mut user: User) -> Result<()> {
    user.save(db).update_fields([User::EMAIL]).await?;
    User::get(db, 1).await?;
    Ok(())
}

fn main() {}

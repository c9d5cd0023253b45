use signals::{Model, Result, Tx, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, sender = User)]
fn welcome(instance: &User, tx: &Tx) -> Result<()> {
    let mut copy = User { id: 0, email: instance.email.clone() };
    copy.save(tx).await?;
    Ok(())
}

fn main() {}

use signals::{Model, Tx, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(post_save, sender = User)]
async fn welcome(instance: &User, tx: &Tx) {
    let mut copy = User { id: 0, email: instance.email.clone() };
    copy.save(tx).await?;
}

fn main() {}

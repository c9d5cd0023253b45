use signals::{Model, Result, Tx, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

use std::rc::Rc;

#[receiver(post_save, sender = User)]
async fn welcome(instance: &User, tx: &Tx) -> Result<()> {
    let name: Rc<str> = instance.email.as_str().into();
    User::get(tx, 1).await?;
    println!("{name}");
    Ok(())
}

fn main() {}

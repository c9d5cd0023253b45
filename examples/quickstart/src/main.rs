//! The whole idea in one file: two models, five receivers, and an in-memory database.
//!
//! Run it with `cargo run -p quickstart`.

use signals::tasks::DbTasks as _;
use signals::{AnyModel, Db, Model, Result, Tx, post_delete, post_save, pre_save, receiver};

#[derive(Debug, Clone, Model)]
struct User {
    id: i64,
    #[model(unique)]
    email: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "profiles")]
struct Profile {
    id: i64,
    #[model(references = User, on_delete = cascade)]
    user_id: i64,
    bio: Option<String>,
}

/// Stores e-mails in lower case.
#[receiver(pre_save, sender = User)]
fn normalize_email(instance: &mut User) {
    instance.email.make_ascii_lowercase();
}

/// Gives every new user a profile, in the same transaction.
#[receiver(post_save, sender = User)]
async fn create_profile(instance: &User, created: bool, tx: &Tx) -> Result<()> {
    if created {
        Profile { id: 0, user_id: instance.id, bio: None }.save(tx).await?;
    }
    Ok(())
}

/// Is called by a worker after the commit. The save only stores the call.
#[receiver(post_save, sender = User, durable, changed(email))]
fn send_welcome(instance: &User) {
    println!("  a mail to {}", instance.email);
}

/// Receives the signals of every model.
#[receiver([post_save, post_delete])]
fn print(signal: &str, instance: &dyn AnyModel) {
    let key = instance.pk().map_or_else(String::new, |key| key.to_string());
    println!("  {signal:<12} {} {key}", instance.meta().name());
}

/// Refuses the name root.
#[receiver(pre_save, sender = User)]
fn refuse_root(instance: &User) -> Result<(), String> {
    if instance.email.starts_with("root@") {
        return Err("root is taken".into());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    println!("The receivers that the linker found:");
    println!("{}", signals::registry());

    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;

    println!("\nSaving a new user sends post_save for the user and for its profile:");
    let mut alice = User { id: 0, email: "Alice@Example.com".into() };
    alice.save(&db).await?;
    println!("  saved {alice:?}");
    println!("  and   {:?}", Profile::get(&db, 1).await?);

    println!("\nA worker calls the durable receiver; here `drain_tasks` does:");
    db.drain_tasks().await?;

    println!("\nSaving it again is an UPDATE:");
    alice.email = "alice@example.org".into();
    alice.save(&db).update_fields([User::EMAIL]).await?;

    println!("\nA receiver's error undoes everything:");
    let mut root = User { id: 0, email: "root@example.com".into() };
    if let Err(error) = root.save(&db).await {
        println!("  {error}");
    }
    println!("  the key is still {}", root.id);

    println!("\nDeleting it deletes its profile first:");
    let deleted = alice.delete(&db).await?;
    println!("  {} rows: {:?}", deleted.rows(), deleted.by_model());
    Ok(())
}

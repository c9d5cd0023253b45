use signals::{Model, Result, post_save};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

fn connect() -> Result<()> {
    post_save.connect_async::<User>("stats.count", |_event| async move { Ok(()) })?;
    Ok(())
}

fn main() {}

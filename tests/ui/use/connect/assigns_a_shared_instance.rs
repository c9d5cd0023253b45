use signals::{Model, Result, post_save};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

fn connect() -> Result<()> {
    post_save.connect::<User>("stats.count", |event| {
        event.instance.email.clear();
        Ok(())
    })?;
    Ok(())
}

fn main() {}

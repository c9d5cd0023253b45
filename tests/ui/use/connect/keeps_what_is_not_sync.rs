use signals::{Model, Result, post_save};

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

use std::cell::Cell;

fn connect() -> Result<()> {
    let count = Cell::new(0);
    post_save.connect::<User>("stats.count", move |_event| {
        count.set(count.get() + 1);
        Ok(())
    })?;
    Ok(())
}

fn main() {}

use signals::{Db, Result};

mod models {
    #[derive(signals::Model)]
    pub struct User {
        pub id: i64,
    }
}

async fn store(db: &Db, user: &mut models::User) -> Result<()> {
    user.save(db).await
}

fn main() {}

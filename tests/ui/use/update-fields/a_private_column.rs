use signals::{Db, Model, Result};

mod models {
    #[derive(signals::Model)]
    pub struct Account {
        pub id: i64,
        secret: String,
    }
}

async fn store(db: &Db, account: &mut models::Account) -> Result<()> {
    account.save(db).update_fields([models::Account::SECRET]).await
}

fn main() {}

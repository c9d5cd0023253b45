use signals::{Db, Model, Result};

#[derive(Model)]
struct Membership {
    #[model(primary_key)]
    user_id: i64,
    #[model(primary_key)]
    group_id: i64,
}

async fn find(db: &Db) -> Result<Membership> {
    Membership::get(db, 7).await
}

fn main() {}

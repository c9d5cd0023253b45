use signals::{Db, Model, Result};

#[derive(Model)]
struct Country {
    #[model(primary_key)]
    code: String,
}

async fn load(db: &Db, code: String) -> Result<Country> {
    Country::get(db, code).await
}

fn main() {}

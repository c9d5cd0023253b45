use signals::{Db, Model, Result};

#[derive(Model)]
struct Track {
    id: i64,
    title: String,
}

async fn total(db: &Db) -> Result<()> {
    Track::objects().sum(db, Track::TITLE).await?;
    Ok(())
}

fn main() {}

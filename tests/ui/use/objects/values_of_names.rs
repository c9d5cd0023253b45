use signals::{Db, Model, Result};

#[derive(Model)]
struct Track {
    id: i64,
    title: String,
}

async fn titles(db: &Db) -> Result<()> {
    let _: Vec<(i64, String)> = Track::objects().values(db, (Track::ID, "title")).await?;
    Ok(())
}

fn main() {}

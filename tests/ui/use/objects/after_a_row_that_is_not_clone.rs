use signals::{Db, Model, Result};

#[derive(Model)]
struct Track {
    id: i64,
}

async fn next(db: &Db, last: &Track) -> Result<Vec<Track>> {
    Track::objects().after(last).all(db).await
}

fn main() {}

use signals::{Db, Model, Result};

#[derive(sqlx::Type)]
enum Mood {
    Calm,
}

#[derive(Model)]
struct Track {
    id: i64,
    mood: Mood,
}

async fn least(db: &Db) -> Result<()> {
    Track::objects().min(db, Track::MOOD).await?;
    Ok(())
}

fn main() {
    let _ = Mood::Calm;
}

use signals::Db;
use signals::tasks::task;

#[task]
async fn charge(card: u64, amount: i64) {
    let _ = (card, amount);
}

async fn order(db: &Db) -> signals::Result<()> {
    charge::enqueue(db, 7).await?;
    Ok(())
}

fn main() {}

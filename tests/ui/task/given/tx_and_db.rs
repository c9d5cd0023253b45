use signals::tasks::task;
use signals::{Db, Tx};

#[task]
async fn charge(card: u64, tx: &Tx, db: &Db) {
    let _ = (card, tx, db);
}

fn main() {}

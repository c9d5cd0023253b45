use signals::Db;
use signals::tasks::task;

#[task]
async fn charge(card: u64, tx: &Db) {
    let _ = (card, tx);
}

fn main() {}

use signals::tasks::task;

#[task(backoff = 10)]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

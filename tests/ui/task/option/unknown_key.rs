use signals::tasks::task;

#[task(retries = 5)]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

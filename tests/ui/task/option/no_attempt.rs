use signals::tasks::task;

#[task(max_attempts = 0)]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

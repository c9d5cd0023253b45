use signals::tasks::task;

#[task(priority = 100000)]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

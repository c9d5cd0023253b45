use signals::tasks::task;

#[task(timeout = "30")]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

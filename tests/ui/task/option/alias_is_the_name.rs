use signals::tasks::task;

#[task(name = "charge", aliases("pay", "charge"))]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

use signals::tasks::task;

#[task(que = "mail")]
async fn charge(card: u64) {
    let _ = card;
}

fn main() {}

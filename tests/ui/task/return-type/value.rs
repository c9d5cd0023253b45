use signals::tasks::task;

#[task]
async fn charge(card: u64) -> u64 {
    card
}

fn main() {}

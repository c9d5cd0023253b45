use signals::tasks::task;

#[task]
fn charge(card: u64) {
    let _ = card;
}

fn main() {}

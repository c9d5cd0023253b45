use signals::tasks::{Context, task};

#[task]
async fn charge(card: u64, ctx: Context) {
    let _ = (card, ctx);
}

fn main() {}

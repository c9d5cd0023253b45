use signals::tasks::task;

#[task]
async fn charge(card: u64) {
    let _ = card;
}

async fn order() -> signals::Result<()> {
    charge::enqueue(7, 7).await?;
    Ok(())
}

fn main() {}

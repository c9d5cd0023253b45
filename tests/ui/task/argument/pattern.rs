use signals::tasks::task;

#[task]
async fn charge((card, amount): (u64, i64)) {
    println!("{card} {amount}");
}

fn main() {}

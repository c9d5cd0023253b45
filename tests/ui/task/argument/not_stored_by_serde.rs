use signals::tasks::task;

struct Card(u64);

#[task]
async fn charge(card: Card, amount: i64) {
    println!("{} {amount}", card.0);
}

fn main() {}

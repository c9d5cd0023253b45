use signals::tasks::task;

struct Refused;

#[task]
async fn charge(card: u64) -> Result<(), Refused> {
    if card == 0 { Err(Refused) } else { Ok(()) }
}

fn main() {}

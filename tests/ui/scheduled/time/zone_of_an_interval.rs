use signals::tasks::{scheduled, task};

#[scheduled(every = "24h", tz = "Europe/Berlin")]
#[task]
async fn clean_up() {}

fn main() {}

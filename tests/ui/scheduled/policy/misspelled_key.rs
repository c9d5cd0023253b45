use signals::tasks::{scheduled, task};

#[scheduled(every = "1h", overlaps = "skip")]
#[task]
async fn clean_up() {}

fn main() {}

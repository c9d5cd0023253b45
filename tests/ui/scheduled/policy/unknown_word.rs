use signals::tasks::{scheduled, task};

#[scheduled(every = "1h", missed = "latest")]
#[task]
async fn clean_up() {}

fn main() {}

use signals::tasks::{scheduled, task};

#[scheduled(every = "1h", missed = "all", overlap = "skip")]
#[task]
async fn clean_up() {}

fn main() {}

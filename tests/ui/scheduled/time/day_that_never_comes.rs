use signals::tasks::{scheduled, task};

#[task]
#[scheduled(cron = "0 0 31 2 *")]
async fn clean_up() {}

fn main() {}

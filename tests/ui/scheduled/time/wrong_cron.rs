use signals::tasks::{scheduled, task};

#[scheduled(cron = "61 * * * *")]
#[task]
async fn clean_up() {}

fn main() {}

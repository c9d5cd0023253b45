use signals::tasks::{scheduled, task};

#[scheduled(cron = "*/90 * * * *")]
#[task]
async fn clean_up() {}

fn main() {}

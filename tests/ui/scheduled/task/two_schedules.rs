use signals::tasks::{scheduled, task};

#[task]
#[scheduled(every = "1h")]
#[scheduled(cron = "@daily")]
async fn clean_up() {}

fn main() {}

use signals::tasks::{scheduled, task};

#[scheduled(cron = "@daily", every = "24h")]
#[task]
async fn clean_up() {}

fn main() {}

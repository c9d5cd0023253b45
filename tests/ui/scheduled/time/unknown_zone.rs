use signals::tasks::{scheduled, task};

#[scheduled(cron = "@daily", tz = "Europe/Berln")]
#[task]
async fn clean_up() {}

fn main() {}

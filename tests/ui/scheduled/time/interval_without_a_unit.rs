use signals::tasks::{scheduled, task};

#[scheduled(every = "30")]
#[task]
async fn clean_up() {}

fn main() {}

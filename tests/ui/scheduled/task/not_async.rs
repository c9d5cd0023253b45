use signals::tasks::{scheduled, task};

#[scheduled(every = "1h")]
#[task]
fn clean_up() {}

fn main() {}

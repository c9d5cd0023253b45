use signals::tasks::{scheduled, task};

#[task]
#[scheduled]
async fn clean_up() {}

fn main() {}

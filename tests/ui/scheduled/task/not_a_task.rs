use signals::tasks::scheduled;

#[scheduled(every = "1h")]
async fn clean_up() {}

fn main() {}

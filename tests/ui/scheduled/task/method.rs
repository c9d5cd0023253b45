use signals::tasks::{scheduled, task};

struct Shop;

impl Shop {
    #[scheduled(every = "1h")]
    #[task]
    async fn clean_up(&self) {}
}

fn main() {}

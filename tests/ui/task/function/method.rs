use signals::tasks::task;

struct Shop;

impl Shop {
    #[task]
    async fn charge(&self, card: u64) {
        let _ = card;
    }
}

fn main() {}

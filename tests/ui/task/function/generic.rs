use signals::tasks::task;

#[task]
async fn charge<T>(card: T) {
    let _ = card;
}

fn main() {}

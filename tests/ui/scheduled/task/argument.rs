use signals::tasks::{Context, scheduled, task};

#[scheduled(every = "1h")]
#[task]
async fn clean_up(days: u32, ctx: &Context) {
    let _ = (days, ctx);
}

fn main() {}

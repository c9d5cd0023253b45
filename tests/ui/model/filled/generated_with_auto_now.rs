use chrono::{DateTime, Utc};
use signals::Model;

#[derive(Model)]
struct Line {
    id: i64,
    #[model(generated, auto_now)]
    written: DateTime<Utc>,
}

fn main() {}

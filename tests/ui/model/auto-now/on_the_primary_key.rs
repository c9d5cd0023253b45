use signals::Model;

#[derive(Model)]
struct Event {
    #[model(primary_key, auto_now)]
    at: chrono::DateTime<chrono::Utc>,
}

fn main() {}

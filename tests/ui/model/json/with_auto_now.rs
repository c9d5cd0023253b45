use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(json, auto_now)]
    updated_at: chrono::DateTime<chrono::Utc>,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(auto_now, auto_now_add)]
    updated_at: chrono::DateTime<chrono::Utc>,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(auto_now_add)]
    joined_at: chrono::DateTime<chrono::Local>,
}

fn main() {}

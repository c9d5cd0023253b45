use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(auto_now)]
    updated_at: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(default = sql(CURRENT_TIMESTAMP))]
    joined: String,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct Line {
    id: i64,
    #[model(db_default)]
    status: String,
}

fn main() {}

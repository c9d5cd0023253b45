use signals::Model;

#[derive(Model)]
struct User {
    id: i64,
    #[model(default = i64::MAX)]
    points: i64,
}

fn main() {}

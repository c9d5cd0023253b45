use signals::Model;

#[derive(Model)]
struct User {
    #[model(default = 0)]
    id: i64,
}

fn main() {}

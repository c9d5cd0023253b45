use signals::Model;

#[derive(Model)]
#[model(unique)]
struct User {
    id: i64,
}

fn main() {}

use signals::Model;

#[derive(Model)]
#[model(table)]
struct User {
    id: i64,
}

fn main() {}

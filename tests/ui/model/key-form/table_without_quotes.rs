use signals::Model;

#[derive(Model)]
#[model(table = users)]
struct User {
    id: i64,
}

fn main() {}

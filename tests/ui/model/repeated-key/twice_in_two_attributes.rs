use signals::Model;

#[derive(Model)]
#[model(table = "users")]
#[model(table = "people")]
struct User {
    id: i64,
}

fn main() {}

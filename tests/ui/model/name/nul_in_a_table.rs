use signals::Model;

#[derive(Model)]
#[model(table = "us\0ers")]
struct User {
    id: i64,
}

fn main() {}

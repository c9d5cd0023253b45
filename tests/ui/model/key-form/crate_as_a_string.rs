use signals::Model;

#[derive(Model)]
#[model(crate = "signals")]
struct User {
    id: i64,
}

fn main() {}

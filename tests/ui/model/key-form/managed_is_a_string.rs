use signals::Model;

#[derive(Model)]
#[model(managed = "no")]
struct User {
    id: i64,
}

fn main() {}

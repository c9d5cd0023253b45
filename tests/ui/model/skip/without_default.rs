use signals::Model;

struct Cache;

#[derive(Model)]
struct User {
    id: i64,
    #[model(skip)]
    cache: Cache,
}

fn main() {}

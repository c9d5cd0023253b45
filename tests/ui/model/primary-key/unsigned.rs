use signals::Model;

#[derive(Model)]
struct User {
    id: u64,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct User {
    id: f64,
}

fn main() {}

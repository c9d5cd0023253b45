use signals::Model;

#[derive(Model)]
struct Counter {
    id: i64,
    count: usize,
}

fn main() {}

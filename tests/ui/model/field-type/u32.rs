use signals::Model;

#[derive(Model)]
struct Counter {
    id: i64,
    hits: Option<u32>,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct Series {
    id: i64,
    values: Vec<i32>,
}

fn main() {}

use signals::Model;

struct Point {
    x: f64,
}

#[derive(Model)]
struct Place {
    id: i64,
    position: Option<Point>,
}

fn main() {}

use signals::Model;

struct Point {
    x: f64,
    y: f64,
}

#[derive(Model)]
struct Place {
    id: i64,
    position: Point,
}

fn main() {}

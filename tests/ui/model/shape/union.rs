use signals::Model;

#[derive(Model)]
union Number {
    id: i64,
    float: f64,
}

fn main() {}

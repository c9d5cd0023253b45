use signals::Model;

#[derive(Model)]
#[model(reread)]
struct Line {
    id: i64,
    price: i64,
}

fn main() {}

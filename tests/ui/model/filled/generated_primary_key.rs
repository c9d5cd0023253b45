use signals::Model;

#[derive(Model)]
struct Line {
    #[model(generated)]
    id: i64,
    price: i64,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct Line {
    id: i64,
    price: i64,
    #[model(generated)]
    total: i64,
}

fn main() {
    let _ = Line::objects().filter(Line::TOTAL.ge(1)).order_by(Line::TOTAL.desc());
    let _ = Line::PRICE.set(1);
    let _ = Line::TOTAL.set(1);
}

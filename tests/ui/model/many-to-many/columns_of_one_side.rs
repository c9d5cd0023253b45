use signals::Model;

#[derive(Model)]
#[model(many_to_many(toppings: Topping, table = "topped", columns(pizza_id)))]
struct Pizza {
    id: i64,
}

#[derive(Model)]
struct Topping {
    id: i64,
}

fn main() {}

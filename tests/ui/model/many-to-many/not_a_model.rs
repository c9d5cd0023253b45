use signals::Model;

#[derive(Model)]
#[model(many_to_many(toppings: Topping, related = pizzas))]
struct Pizza {
    id: i64,
}

struct Topping {
    id: i64,
}

fn main() {}

use signals::Model;

#[derive(Model)]
#[model(many_to_many(orders: Order))]
struct Tag {
    id: i64,
}

#[derive(Model)]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

fn main() {}

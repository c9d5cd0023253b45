use signals::Model;

#[derive(Model)]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Model)]
#[model(references(Order, fields(order), on_delete = cascade))]
struct Line {
    id: i64,
    order: i64,
}

fn main() {}

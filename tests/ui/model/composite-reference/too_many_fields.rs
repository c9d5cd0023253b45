use signals::Model;

#[derive(Model)]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Model)]
#[model(references(Order, fields(tenant_id, order, place), on_delete = cascade))]
struct Line {
    id: i64,
    tenant_id: i64,
    order: i64,
    place: i64,
}

fn main() {}

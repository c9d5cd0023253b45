use signals::Model;

#[derive(Model)]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Model)]
struct Line {
    id: i64,
    tenant_id: i64,
    #[model(references(Order, fields(tenant_id, order), on_delete = cascade))]
    order: i64,
}

fn main() {}

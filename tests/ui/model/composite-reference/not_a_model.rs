use signals::Model;

struct Order;

#[derive(Model)]
#[model(references(Order, fields(tenant_id, order), on_delete = cascade))]
struct Line {
    id: i64,
    tenant_id: i64,
    order: i64,
}

fn main() {}

use signals::Model;

#[derive(Model)]
struct Tag {
    id: i64,
}

#[derive(Model)]
#[model(many_to_many(tags: Tag, columns(order_id, tag_id)))]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

fn main() {}

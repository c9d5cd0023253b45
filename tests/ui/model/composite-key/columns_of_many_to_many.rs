use signals::Model;

#[derive(Model)]
#[model(many_to_many(tags: Tag, columns(tenant_id, number, tag_id, tag_name)))]
struct Order {
    #[model(primary_key)]
    tenant_id: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Model)]
struct Tag {
    id: i64,
}

fn main() {}

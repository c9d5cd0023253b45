use signals::Model;

#[derive(Model)]
#[model(index)]
struct Page {
    id: i64,
    site: i64,
    slug: String,
}

fn main() {}

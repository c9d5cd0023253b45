use signals::Model;

#[derive(Model)]
#[model(index(site, slugs))]
struct Page {
    id: i64,
    site: i64,
    slug: String,
}

fn main() {}

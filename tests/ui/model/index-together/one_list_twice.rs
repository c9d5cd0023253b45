use signals::Model;

#[derive(Model)]
#[model(index(site, slug), index(slug, site), index(site, slug))]
struct Page {
    id: i64,
    site: i64,
    slug: String,
}

fn main() {}

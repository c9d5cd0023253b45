use signals::Model;

#[derive(Model)]
#[model(unique(slug, cache))]
struct Page {
    id: i64,
    site: i64,
    slug: String,
    #[model(skip)]
    cache: Option<String>,
}

fn main() {}

use signals::Model;

#[derive(Model)]
#[model(unique(slug, slug))]
struct Page {
    id: i64,
    site: i64,
    slug: String,
    #[model(skip)]
    cache: Option<String>,
}

fn main() {}

use signals::Model;

struct Tag {
    id: i64,
}

#[derive(Model)]
struct Post {
    id: i64,
    #[model(references = Tag, on_delete = cascade)]
    tag_id: i64,
}

fn main() {}

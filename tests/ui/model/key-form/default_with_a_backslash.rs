use signals::Model;

#[derive(Model)]
struct Folder {
    id: i64,
    #[model(default = "C:\\Users")]
    path: String,
}

fn main() {}

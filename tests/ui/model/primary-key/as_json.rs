use signals::Model;

#[derive(Model)]
struct User {
    #[model(primary_key, json)]
    key: Vec<u8>,
}

fn main() {}

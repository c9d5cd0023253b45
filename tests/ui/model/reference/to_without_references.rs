use signals::Model;

#[derive(Model)]
struct Post {
    id: i64,
    #[model(to = email)]
    user_email: String,
}

fn main() {}

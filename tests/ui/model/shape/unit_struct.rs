use signals::Model;

#[derive(Model)]
struct User;

fn main() {}

use signals::Model;

#[derive(Model)]
fn user() {}

fn main() {}

use signals::receiver;

#[receiver]
fn welcome() {}

fn main() {}

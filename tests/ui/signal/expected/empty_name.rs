signals::expect_receivers![""];

fn main() {}

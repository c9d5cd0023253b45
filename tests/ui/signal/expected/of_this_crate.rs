signals::expect_receivers!["crate::audit"];

fn main() {}

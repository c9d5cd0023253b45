signals::expect_receivers![plugin::audit, "search.index"];

fn main() {}

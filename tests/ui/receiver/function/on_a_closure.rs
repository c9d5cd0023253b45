use signals::{post_save, receiver};

#[receiver(post_save)]
static WELCOME: fn() = || {};

fn main() {}

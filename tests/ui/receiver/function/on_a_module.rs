use signals::{post_save, receiver};

#[receiver(post_save)]
mod receivers {}

fn main() {}

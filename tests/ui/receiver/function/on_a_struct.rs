use signals::{post_save, receiver};

#[receiver(post_save)]
struct Welcome;

fn main() {}

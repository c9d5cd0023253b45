use signals::tasks::task;

#[task]
struct Charge;

fn main() {}

use signals::Tx;
use signals::tasks::task;

#[task(blocking)]
fn resize(path: String, tx: &Tx) {
    println!("{path} {tx:?}");
}

fn main() {}

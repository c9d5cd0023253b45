use signals::Tx;

fn later(tx: &Tx, email: &str) {
    tx.on_commit(async move { println!("{email}") });
}

fn main() {}

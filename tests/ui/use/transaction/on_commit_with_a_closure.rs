use signals::Tx;

fn later(tx: &Tx) {
    tx.on_commit(|| println!("committed"));
}

fn main() {}

use signals::Tx;

fn later(tx: &Tx) {
    tx.on_commit(async { panic!("committed") });
}

fn main() {}

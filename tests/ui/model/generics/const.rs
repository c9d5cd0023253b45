use signals::Model;

#[derive(Model)]
struct Block<const N: usize> {
    id: i64,
    bytes: [u8; N],
}

fn main() {}

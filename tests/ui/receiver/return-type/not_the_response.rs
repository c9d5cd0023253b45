use signals::receiver;

signals::signal! {
    price_asked { item: String } -> u64
}

#[receiver(price_asked)]
fn quote(item: &str) -> String {
    item.to_owned()
}

fn main() {}

signals::signal! {
    pub price_asked { item: String }: u64
}

fn main() {}

signals::signal! {
    pub price_asked { item: String } ->
}

fn main() {}

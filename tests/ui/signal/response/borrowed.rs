signals::signal! {
    pub price_asked<'a> { item: &'a str } -> &'a str
}

fn main() {}

signals::signal! {
    pub order_shipped<'a, 'b> { item: &'a str, carrier: &'b str }
}

fn main() {}

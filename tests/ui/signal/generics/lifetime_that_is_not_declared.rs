signals::signal! {
    pub order_shipped { carrier: &'a str }
}

fn main() {}

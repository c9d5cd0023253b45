signals::signal! {
    pub order_shipped { carrier: &str }
}

fn main() {}

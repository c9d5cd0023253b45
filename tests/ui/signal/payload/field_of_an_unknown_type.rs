signals::signal! {
    pub order_shipped { order: Order }
}

fn main() {}

signals::signal! {
    pub order_shipped { order_id }
}

fn main() {}

signals::signal! {
    pub order_shipped(order_id: i64)
}

fn main() {}

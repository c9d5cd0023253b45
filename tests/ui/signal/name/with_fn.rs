signals::signal! {
    pub fn order_shipped(order_id: i64);
}

fn main() {}

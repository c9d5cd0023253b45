signals::signal! {
    pub ORDER_SHIPPED { order_id: i64 }
}

fn main() {}

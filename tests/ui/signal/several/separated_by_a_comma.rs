signals::signal! {
    order_shipped { order_id: i64 },
    order_lost { order_id: i64 },
}

fn main() {}

signals::signal! {
    pub OrderShipped { order_id: i64 }
}

fn main() {}

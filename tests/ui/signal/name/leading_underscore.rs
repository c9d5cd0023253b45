signals::signal! {
    pub _order_shipped { order_id: i64 }
}

fn main() {}

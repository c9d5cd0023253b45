signals::signal! {
    pub struct order_shipped { order_id: i64 }
}

fn main() {}

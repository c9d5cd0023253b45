signals::signal! {
    pub order_shipped { pub order_id: i64 }
}

fn main() {}

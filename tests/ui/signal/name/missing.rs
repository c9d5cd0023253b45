signals::signal! {
    pub { order_id: i64 }
}

fn main() {}

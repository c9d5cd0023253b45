signals::signal! {
    pub order_shipped<'a> { order_id: i64 }
}

fn main() {}

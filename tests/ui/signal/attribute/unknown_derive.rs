signals::signal! {
    #[derive(Debgu)]
    order_shipped { order_id: i64 }
}

fn main() {}

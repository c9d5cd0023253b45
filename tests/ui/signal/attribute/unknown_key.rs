signals::signal! {
    #[signal(krate = signals)]
    order_shipped { order_id: i64 }
}

fn main() {}

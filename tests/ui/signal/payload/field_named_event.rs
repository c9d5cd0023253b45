signals::signal! {
    pub order_shipped { event: String }
}

fn main() {}

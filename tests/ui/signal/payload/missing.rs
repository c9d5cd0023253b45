signals::signal! {
    pub order_shipped
}

fn main() {}

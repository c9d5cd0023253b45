signals::signal! {
    pub order_shipped<T> { order: T }
}

fn main() {}

signals::signal! {
    pub order_shipped { carrier: std::rc::Rc<str> }
}

fn main() {}

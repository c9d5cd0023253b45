//! A `macro_rules!` may write models, receivers and signals.

use signals::{Model, post_save, receiver};

macro_rules! model {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Model)]
        struct $name {
            id: i64,
            $($field: $ty),*
        }
    };
}

macro_rules! hear {
    ($function:ident, $signal:path, $sender:ty, $instance:ident) => {
        #[receiver($signal, sender = $sender)]
        fn $function($instance: &$sender) {
            let _ = $instance.id;
        }
    };
}

macro_rules! sends {
    ($name:ident, $field:ident: $ty:ty) => {
        signals::signal! {
            $name { $field: $ty }
        }
    };
}

model!(User { email: String, age: Option<i64> });
model!(Post { title: String });
hear!(welcome, post_save, User, instance);
hear!(publish, signals::pre_delete, Post, instance);
sends!(order_shipped, order_id: i64);

fn main() {
    assert_eq!((User::AGE.name(), Post::TITLE.name()), ("age", "title"));
    assert!(!order_shipped.has_receivers());
    assert_eq!(OrderShipped { order_id: 7 }.order_id, 7);
    assert_eq!(signals::registry().len(), 2);
}

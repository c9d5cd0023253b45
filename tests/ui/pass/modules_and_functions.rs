//! Models, receivers and signals are allowed wherever items are. A block has its own names.

use signals::model::Entity;
use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
}

#[receiver(post_save, sender = User)]
fn welcome(instance: &User) {
    let _ = instance.id;
}

mod shop {
    pub(super) mod orders {
        use signals::{Model, post_save, receiver};

        #[derive(Model)]
        pub(in crate::shop) struct Order {
            pub(in crate::shop) id: i64,
        }

        #[receiver(post_save, sender = Order)]
        fn welcome(instance: &Order) {
            let _ = instance.id;
        }

        #[receiver(post_save, sender = super::super::User)]
        pub(crate) fn greet(instance: &crate::User) {
            let _ = instance.id;
        }
    }

    pub(super) fn order() -> i64 {
        orders::Order { id: 7 }.id
    }
}

fn in_a_function() -> &'static str {
    #[derive(Model)]
    #[model(table = "local_user")]
    struct User {
        id: i64,
        name: String,
    }

    signals::signal! {
        done { name: String }
    }

    #[receiver(post_save, sender = User)]
    fn welcome(instance: &User) {
        let _ = (instance.id, &instance.name);
    }

    #[receiver(done)]
    fn cheer(name: &str) {
        let _ = name;
    }

    let event = Done { name: String::new() };
    assert!(done.has_receivers() && event.name.is_empty());
    assert_eq!(User::NAME.name(), "name");
    User::meta().table()
}

impl User {
    fn in_a_method(&self) -> bool {
        #[receiver(post_save, sender = User)]
        fn welcome(instance: &User) {
            let _ = instance.id;
        }
        post_save.has_receivers::<User>()
    }
}

fn main() {
    assert_eq!(shop::order(), 7);
    assert_eq!(in_a_function(), "local_user");
    assert!(User { id: 7 }.in_a_method());
    assert_eq!(signals::registry().len(), 6);
}

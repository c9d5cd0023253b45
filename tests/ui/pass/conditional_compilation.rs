//! A conditional item has a conditional registration, which names no missing item.

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct User {
    id: i64,
}

#[receiver(post_save, sender = User)]
#[cfg(any())]
fn gone_below(instance: &Nothing) {}

#[cfg(any())]
#[receiver(post_save, sender = Nothing)]
fn gone_above(instance: &Nothing) {}

#[receiver(post_save, sender = User)]
#[cfg_attr(all(), cfg(any()))]
fn gone_by_a_condition(instance: &Nothing) {}

#[receiver(post_save, sender = User)]
#[cfg(all())]
#[cfg_attr(any(), cfg(any()))]
fn here(instance: &User) {
    let _ = instance.id;
}

signals::signal! {
    #[cfg(any())]
    never { nothing: Nothing }

    #[cfg(all())]
    always {}
}

#[receiver(always)]
fn heard() {}

#[cfg(any())]
#[derive(Model)]
struct Never {
    nothing: Nothing,
}

fn main() {
    let _ = always.has_receivers();
    let registry = signals::registry();
    let heard = |name: &str| registry.iter().any(|registered| registered.receiver.path().ends_with(name));
    assert_eq!((registry.len(), heard("::here"), heard("::heard")), (2, true, true));
}

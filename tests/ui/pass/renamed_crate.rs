//! The library may have another name in the user's crate.

mod vendored {
    pub use ::signals as events;
}

/// Nothing generated may come by this way.
mod signals {}

use vendored::events as renamed;

#[derive(renamed::Model)]
#[model(crate = renamed)]
struct User {
    id: i64,
    #[model(json)]
    tags: Vec<String>,
    #[model(auto_now)]
    updated_at: chrono::DateTime<chrono::Utc>,
}

renamed::signal! {
    #[signal(crate = crate::vendored::events)]
    order_shipped { order_id: i64 }
}

#[renamed::receiver(renamed::post_save, sender = User, crate = crate::vendored::events)]
async fn welcome(instance: &User) {
    let _ = (&instance.tags, instance.updated_at);
}

renamed::expect_receivers![crate = crate::vendored::events, "order.ship"];

#[renamed::receiver(order_shipped, uid = "order.ship", crate = renamed)]
fn ship(order_id: i64) {
    let _ = order_id;
}

fn main() {
    assert_eq!(User::TAGS.name(), "tags");
    assert_eq!(renamed::registry().len(), 2);
    assert!(renamed::receivers::check_receivers().is_ok());
}

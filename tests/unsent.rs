//! A receiver of `m2m_changed` that would never be called. It has a separate binary, because no program with
//! such a receiver connects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use signals::{Db, Error, Model, Result, m2m_changed, receiver};

#[derive(Debug, Model)]
#[model(table = "unsent_category")]
struct Category {
    id: i64,
}

/// Its two references could be those of links; only its relations show that they are not.
#[derive(Debug, Model)]
#[model(table = "unsent_product", many_to_many(tags: Tag, related = products), many_to_many(buyers: Buyer, through = Purchase))]
struct Product {
    id: i64,
    #[model(references = Category, on_delete = protect)]
    category_id: i64,
    #[model(references = Buyer, on_delete = protect)]
    owner_id: i64,
}

#[derive(Debug, Model)]
#[model(table = "unsent_tag")]
struct Tag {
    id: i64,
}

#[derive(Debug, Model)]
#[model(table = "unsent_buyer")]
struct Buyer {
    id: i64,
}

#[derive(Debug, Model)]
#[model(table = "unsent_purchase", unique(product_id, buyer_id))]
struct Purchase {
    id: i64,
    #[model(references = Product, on_delete = cascade)]
    product_id: i64,
    #[model(references = Buyer, on_delete = cascade)]
    buyer_id: i64,
}

const LINE: u32 = line!() + 2;
#[receiver(m2m_changed, sender = Product)]
fn names_the_wrong_sender() {}

#[receiver(m2m_changed, sender = ProductTags)]
fn names_the_derived_through_model() {}

#[receiver(m2m_changed, sender = Purchase)]
fn names_a_through_model_of_ones_own() {}

#[receiver(m2m_changed)]
fn names_none() {}

fn problem<T>(outcome: Result<T>) -> String {
    match outcome {
        Err(error @ Error::UnusableReceiver { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the receiver is not refused"),
    }
}

#[tokio::test]
async fn a_sender_that_is_no_through_model_is_refused_when_the_program_connects() {
    let refused = problem(Db::connect("sqlite::memory:").await);
    let place =
        format!("receiver `unsent::names_the_wrong_sender` ({}:{LINE}) of m2m_changed would never be called", file!());
    assert!(refused.starts_with(&place), "{refused}");
    assert!(refused.contains("`Product` is not the through model of a relation"), "{refused}");
    assert!(refused.ends_with("through models of `Product` as the sender: `ProductTags`, `Purchase`"), "{refused}");
    assert_eq!(problem(signals::receivers::check_receivers()), refused, "also without a database");
}

#[test]
fn a_receiver_that_is_connected_at_run_time_is_refused_too() {
    let one = problem(m2m_changed.connect::<Tag>("tag", |_| Ok(())));
    assert!(one.contains("write `sender = ProductTags`, whose rows are the links of `Tag`"), "{one}");
    let none = problem(m2m_changed.connect::<Category>("category", |_| Ok(())));
    assert!(none.ends_with("no many-to-many relation of the program names `Category`"), "{none}");
    let id = m2m_changed.connect::<Purchase>("purchase", |_| Ok(())).unwrap();
    assert!(m2m_changed.disconnect(id));
}

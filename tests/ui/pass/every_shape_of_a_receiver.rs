//! All shapes of a receiver, which can still be called as a function.

#![allow(dead_code, unused_parens, unused_variables)]

use signals::{
    AnyModel, BoxError, Db, DeleteOrigin, FieldSet, Model, ModelMeta, PostSave, PreSave, Tx, post_delete, post_save,
    pre_delete, pre_save, receiver,
};

#[derive(Debug, Clone, Model)]
struct User {
    id: i64,
    email: String,
}

signals::signal! {
    price_asked<'a> { item: &'a str, offers: Vec<u64> } -> u64
}

#[derive(Debug)]
struct Refused;

impl From<Refused> for BoxError {
    fn from(_: Refused) -> Self {
        "refused".into()
    }
}

#[receiver(post_save, sender = User)]
fn nothing() {}

#[receiver(pre_save, sender = User)]
fn all_of_pre_save(
    tx: &Tx,
    using: &str,
    raw: bool,
    update_fields: Option<&FieldSet>,
    sender: &'static ModelMeta,
    signal: &'static str,
    instance: &mut User,
) {
}

#[receiver([pre_delete, post_delete], sender = User)]
fn as_the_database_had_it(instance: &User, previous: Option<&User>) {}

#[receiver([pre_delete, post_delete])]
fn any_as_the_database_had_it(instance: &dyn AnyModel, previous: Option<&dyn AnyModel>) {}

#[receiver([pre_delete, post_delete], sender = User, set)]
fn a_set_as_the_database_had_it(instances: &[User], previous: &[Option<&User>]) {}

#[receiver([pre_delete, post_delete], sender = User)]
async fn of_both_deletes(instance: &User, origin: DeleteOrigin, signal: &str) -> Result<(), Refused> {
    Err(Refused)
}

#[receiver([pre_save, post_save], sender = User)]
fn reads_what_is_mutable_in_one(instance: &User) -> anyhow::Result<()> {
    Ok(())
}

#[receiver(pre_save, sender = User)]
fn whole_and_mutable(event: &mut PreSave<'_, User>) {
    event.instance.email.clear();
}

#[receiver(post_save, sender = User)]
async fn whole(event: &PostSave<'_, User>) -> Result<(), String> {
    Err(event.instance.email.clone())
}

#[receiver(post_save)]
async fn of_any_model<'a>(
    instance: &'a dyn AnyModel,
    sender: &ModelMeta,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(())
}

#[receiver(post_save, sender = User)]
fn of_one_model_but_dyn(instance: &dyn AnyModel) {}

#[receiver(post_save)]
fn any_as_a_whole(event: &PostSave<'_, dyn AnyModel>) {
    assert!(event.created || event.instance.pk().is_some());
}

#[receiver(pre_save)]
fn any_and_mutable(instance: &mut (dyn AnyModel)) {}

#[receiver(price_asked)]
fn response(item: &str) -> u64 {
    item.len() as u64
}

#[receiver(price_asked, priority = 1)]
async fn response_or_error(item: &str, offers: &mut Vec<u64>) -> Result<u64, Refused> {
    offers.pop().ok_or(Refused)
}

#[receiver(price_asked, uid = "whole")]
fn payload_with_a_lifetime(event: &mut PriceAsked<'_>) -> u64 {
    event.offers.push(7);
    7
}

#[receiver(post_save, sender = User)]
async fn mut_parameter(mut created: bool, tx: &Tx) {
    created = !created && tx.atomic(|_| async { Ok(()) }).await.is_ok();
    assert!(!created);
}

/// The function has the name of the closure's parameter, as a user would write it.
#[receiver(post_save, sender = User)]
fn event(instance: &User) {}

fn main() {
    nothing();
    let user = User { id: 7, email: "a@b.c".into() };
    assert_eq!(reads_what_is_mutable_in_one(&user).is_ok(), response("seven77") == 7);
    let _ = Db::connect;
    assert_eq!(signals::registry().len(), 23);
}

//! The expansion of receivers.

use insta::assert_snapshot;
use quote::quote;

use crate::receiver::receiver;

use super::{lines, pretty};

#[test]
fn an_async_receiver_is_short() {
    let expansion = pretty(&receiver(
        quote!(post_save, sender = User),
        &quote! {
            async fn create_profile(instance: &User, created: bool, tx: &Tx) -> Result<()> {
                Profile::create(instance, tx).await
            }
        },
    ));
    assert_snapshot!(expansion);
    assert!(lines(&expansion) < 35, "{} lines", lines(&expansion));
}

#[test]
fn a_sync_receiver_without_a_sender_is_short() {
    let expansion = pretty(&receiver(
        quote!(post_save),
        &quote! {
            fn audit(sender: &ModelMeta, instance: &dyn AnyModel) {
                log(sender, instance);
            }
        },
    ));
    assert_snapshot!(expansion);
    assert!(lines(&expansion) < 30, "{} lines", lines(&expansion));
}

#[test]
fn a_receiver_of_two_signals_is_registered_twice() {
    let expansion = pretty(&receiver(
        quote!(
            [post_save, signals::post_delete],
            sender = blog::Post,
            priority = -10,
            uid = "search.reindex",
            robust,
            raw
        ),
        &quote! {
            async fn reindex(instance: &Post, index: &mut dyn Index) -> anyhow::Result<()> {
                index.put(instance).await
            }
        },
    ));
    assert_snapshot!(expansion);
}

#[test]
fn names_lifetimes_and_conditions_follow_the_function() {
    let expansion = pretty(&receiver(
        quote!(price_asked, crate = my::signals),
        &quote! {
            #[cfg(unix)]
            #[cfg_attr(feature = "trace", instrument, cfg(debug_assertions))]
            fn r#match<'a>(mut r#type: u8, names: &'a mut [u8], item: (&'a str)) -> Result<u64, Wrong<'a>> {
                Ok(0)
            }
        },
    ));
    assert_snapshot!(expansion);
}

#[test]
fn the_whole_payload_is_passed_on() {
    let expansion = pretty(&receiver(
        quote!(pre_save, sender = User),
        &quote! {
            fn event(event: &mut PreSave<'_, User>) {}
        },
    ));
    assert_snapshot!(expansion);
}

#[test]
fn a_receiver_is_called_where_its_conditions_hold() {
    let expansion = pretty(&receiver(
        quote!(
            post_save,
            sender = Article,
            changed(title, r#type),
            when(
                status: Status::Draft | Status::Review => Status::Published,
                price: _ => 3 | 4 + 1,
                owner: Some(7) => _,
                score: -1 => a && b,
                mask: (A | B) => other(),
            ),
        ),
        &quote! {
            fn publish(instance: &Article, previous: Option<&Article>) {}
        },
    ));
    assert_snapshot!(expansion);
}

#[test]
fn a_condition_alone_takes_the_row_before() {
    let expansion = pretty(&receiver(quote!(pre_save, sender = User, changed(email)), &quote! { fn hear() {} }));
    assert_snapshot!(expansion);
}

#[test]
fn a_set_is_heard_at_once() {
    let expansion = pretty(&receiver(
        quote!([post_save, post_delete], sender = User, set),
        &quote! {
            async fn count(instances: &[User]) -> Result<()> {
                Ok(())
            }
        },
    ));
    assert_snapshot!(expansion);
}

#[test]
fn the_end_of_a_transaction_is_heard_by_kept_rows() {
    let expansion = pretty(&receiver(
        quote!(post_save, sender = Order, on_commit, each),
        &quote! { async fn mail(instance: &Order) {} },
    ));
    assert_snapshot!(expansion);
    let expansion = pretty(&receiver(quote!(post_save, on_rollback), &quote! { fn log(instance: &dyn AnyModel) {} }));
    assert_snapshot!(expansion);
}

#[test]
fn an_optional_reference_is_passed_on_as_one() {
    let expansion = receiver(
        quote!(own),
        &quote! {
            fn hear(
                a: Option<&User>,
                b: std::option::Option<&mut User>,
                c: Option<&dyn AnyModel>,
                d: Option<&'static str>,
                e: Option<u8>,
                f: Result<&u8, ()>,
            ) {}
        },
    );
    let args = "hear (__event . a . as_deref () , __event . b . as_deref_mut () , __event . c . as_deref () , \
                __event . d , __event . e , __event . f)";
    assert!(expansion.to_string().contains(args), "{expansion}");
}

#[test]
fn a_durable_receiver_is_a_task_and_a_receiver_that_enqueues_it() {
    let expansion = pretty(&receiver(
        quote!(
            post_save,
            sender = Order,
            durable,
            changed(total),
            queue = "search",
            debounce = "5s",
            uid = "search.reindex"
        ),
        &quote! {
            async fn reindex(instance: &Order, created: bool, tx: &Tx) -> Result<(), BoxError> {
                put(instance, created, tx).await
            }
        },
    ));
    assert_snapshot!(expansion);
    assert!(lines(&expansion) < 85, "{} lines", lines(&expansion));
}

#[test]
fn a_durable_receiver_of_a_custom_signal_stores_its_payload() {
    let expansion = pretty(&receiver(
        quote!(order_paid, durable),
        &quote! {
            fn ship(order_id: i64, ctx: &Context) {}
        },
    ));
    assert_snapshot!(expansion);
}

//! What a receiver becomes.

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
    assert!(lines(&expansion) < 30, "{} lines", lines(&expansion));
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

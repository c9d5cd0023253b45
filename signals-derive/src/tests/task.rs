//! The expansion of a task.

use insta::assert_snapshot;
use quote::quote;

use crate::task::task;

use super::{lines, pretty};

#[test]
fn a_task_is_short() {
    let expansion = pretty(&task(
        quote!(),
        &quote! {
            /// Sends a mail.
            pub async fn send_welcome(user_id: i64, ctx: &Context) -> Result<(), BoxError> {
                mailer().send(user_id, ctx.idempotency_key()).await
            }
        },
    ));
    assert_snapshot!(expansion);
    assert!(lines(&expansion) < 60, "{} lines", lines(&expansion));
}

#[test]
fn every_option_has_its_place() {
    let expansion = pretty(&task(
        quote!(
            name = "mail.send",
            aliases("old", "older"),
            queue = "mail",
            priority = -3,
            max_attempts = 5,
            backoff = "10s",
            timeout = "2h",
            crate = my::signals
        ),
        &quote! {
            #[cfg(feature = "mail")]
            async fn r#send(r#type: String, tx: &Tx) {}
        },
    ));
    assert_snapshot!(expansion);
}

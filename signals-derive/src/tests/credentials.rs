//! The expansion of credentials.

use insta::assert_snapshot;
use quote::quote;

use crate::credentials::derive;

use super::pretty;

#[test]
fn what_is_not_named_is_hidden() {
    let expansion = pretty(&derive(quote! {
        struct Credentials {
            #[credentials(show)]
            name: String,
            password: String,
            r#type: Option<u8>,
        }
    }));
    assert_snapshot!(expansion);
}

#[test]
fn credentials_may_be_generic_and_the_library_elsewhere() {
    let expansion = pretty(&derive(quote! {
        #[credentials(crate = my::signals)]
        pub struct Credentials<'a, T: Display> where T: Clone {
            #[credentials(show)]
            realm: T,
            secret: &'a [u8],
        }
    }));
    assert_snapshot!(expansion);
}

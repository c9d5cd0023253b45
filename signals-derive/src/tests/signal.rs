//! The expansion of signals.

use insta::assert_snapshot;
use quote::quote;

use crate::signal::signal;

use super::pretty;

#[test]
fn a_signal_is_a_unit_and_a_payload() {
    let expansion = pretty(&signal(quote! {
        /// Sent when an order leaves the warehouse.
        #[derive(Debug)]
        #[cfg(feature = "shop")]
        pub order_shipped {
            order_id: i64,
            /// Who brings it.
            #[allow(unused)]
            carrier: String,
        }
    }));
    assert_snapshot!(expansion);
}

#[test]
fn a_signal_with_a_response_may_borrow() {
    let expansion = pretty(&signal(quote! {
        #[signal(crate = my::signals)]
        pub(crate) price_asked<'item> { item: &'item str } -> u64
    }));
    assert_snapshot!(expansion);
}

#[test]
fn signals_without_a_payload_stand_side_by_side() {
    let expansion = pretty(&signal(quote! {
        cache_cleared;
        pub cache_full {}
        cache_size -> usize
        pub last -> Result<(), Error>;
    }));
    for line in [
        "struct cache_cleared;",
        "struct CacheCleared {}",
        "pub struct CacheFull {}",
        "struct CacheSize {}",
        "type Response = usize;",
        "pub struct Last {}",
        "type Response = Result<(), Error>;",
    ] {
        assert!(expansion.contains(line), "{line}: {expansion}");
    }
}

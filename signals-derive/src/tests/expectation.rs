//! What expected receivers become.

use insta::assert_snapshot;
use quote::quote;

use crate::expectation::expect;

use super::pretty;

#[test]
fn an_expected_receiver_is_an_entry_of_the_linkers_list() {
    assert_snapshot!(pretty(&expect(quote!("plugin::audit", "search.index",))));
}

#[test]
fn the_library_may_be_elsewhere() {
    let expansion = pretty(&expect(quote!(crate = my::signals, "plugin::audit")));
    assert!(expansion.contains("use my::signals::__private as __signals;"), "{expansion}");
}

//! Of expected receivers.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::expectation::expect;

#[track_caller]
fn of_expectation(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&expect(input)), said);
}

#[test]
fn an_expected_receiver_is_named_by_a_string() {
    of_expectation(
        quote!("mail.send", plugin::audit, 7, audit()),
        &[
            "a receiver is named by a string; write `\"plugin::audit\"`",
            "a receiver is named by a string; write `\"plugin::audit\"`",
            "a receiver is named by a string; write `\"plugin::audit\"`",
        ],
    );
    of_expectation(quote!(search::index), &["a receiver is named by a string; write `\"search::index\"`"]);
    let empty = "expected the name of a receiver, such as `\"plugin::audit\"`";
    of_expectation(quote!(), &[empty]);
    of_expectation(quote!(crate = my::signals), &[empty]);
    of_expectation(quote!("one" "two"), &["expected `,`"]);
}

#[test]
fn the_name_of_an_expected_receiver_can_be_one_of_the_registry() {
    let starts = "the path of a receiver begins with the name of its crate; write it as in `\"plugin::audit\"`";
    of_expectation(
        quote!("", "crate::audit", "::plugin::audit", "cratered"),
        &["the name of a receiver is empty; write its uid, or its path such as `\"plugin::audit\"`", starts, starts],
    );
}

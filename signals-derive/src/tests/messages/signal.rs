//! Of signals.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::signal;

#[track_caller]
fn of_signal(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&signal::signal(input)), said);
}

#[test]
fn a_signal_is_one_type_of_a_plain_name() {
    of_signal(
        quote!(OrderShipped {} _x;),
        &[
            "a signal's name is in snake_case, of ASCII letters and digits; write `order_shipped`",
            "a signal's name is in snake_case, of ASCII letters and digits; write one like `order_shipped`",
        ],
    );
    of_signal(
        quote!(order_shipped<'a, 'b, T> { pub order_id: i64 }),
        &[
            "a payload is borrowed for one lifetime; use the first one for all its fields",
            "a signal is one type, so it has no generic parameters but a lifetime; \
             write the type in the payload, or a signal for each",
            "the fields of a payload are as visible as their signal; leave the visibility out",
        ],
    );
}

#[test]
fn a_signal_is_made_once() {
    let twice = "the signal `first` is made twice; leave one out";
    of_signal(quote!(first; second; first { x: u8 }), &[twice]);
    of_signal(quote!(#[cfg(unix)] first; #[cfg(windows)] first;), &[]);
    of_signal(
        quote!(first { event: u8 }),
        &["a receiver's parameter `event` is the whole payload; name the field otherwise"],
    );
}

#[test]
fn what_stands_for_a_name_is_told_apart() {
    of_signal(quote!(first {}, second {}), &["signals stand one after another; leave the comma out"]);
    of_signal(quote!(first {}: u64), &["a response comes after an arrow; write `-> u64`"]);
    of_signal(quote!(pub {}), &["expected a signal's name: `pub order_shipped { order_id: i64 }`"]);
    of_signal(quote!(first { x: u8 y: u8 }), &["expected `,`"]);
}

#[test]
fn a_signal_that_cannot_be_read_spares_those_before() {
    let expansion = signal::signal(quote!(first; #[signal(door = x)] pub struct second {}));
    assert!(expansion.to_string().contains("struct first"), "{expansion}");
    assert_eq!(
        errors(&expansion),
        [
            "unknown key `door`; the only key is `crate`",
            "a signal is written without a keyword: `pub order_shipped { order_id: i64 }`",
        ]
    );
    of_signal(
        quote!(first),
        &["unexpected end of input, expected the payload's fields in braces, or `;` if there is none"],
    );
}

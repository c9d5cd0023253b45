//! What is said of mistakes; where it is said, the UI tests of the facade show.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::errors;
use crate::{model, receiver, signal};

#[track_caller]
fn of_model(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(model::derive(input)), said);
}

#[track_caller]
fn of_receiver(args: TokenStream, said: &[&str]) {
    assert_eq!(
        errors(receiver::receiver(
            args,
            quote!(
                fn hear() {}
            )
        )),
        said
    );
}

#[track_caller]
fn of_function(item: TokenStream, said: &[&str]) {
    assert_eq!(errors(receiver::receiver(quote!(post_save), item)), said);
}

#[track_caller]
fn of_signal(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(signal::signal(input)), said);
}

//! Of credentials.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::credentials;

#[track_caller]
fn of_credentials(input: TokenStream, said: &[&str]) {
    let expansion = credentials::derive(input);
    assert_eq!(errors(&expansion), said);
    assert!(expansion.to_string().contains("impl"), "one mistake is one error: {expansion}");
}

#[test]
fn credentials_are_a_struct_with_named_fields() {
    let fix = "write a struct with named fields, or implement `LoginCredentials` by hand: `fn mask(&self) -> MaskedCredentials`";
    for (input, what) in [
        (quote! {enum C { Password { name: String } }}, "an enum has other fields in each variant"),
        (quote!(union C { a: u8, b: i8 }), "a union's fields cannot be read"),
        (
            quote!(
                struct C(String);
            ),
            "these fields have no names to be shown by",
        ),
        (
            quote!(
                struct C;
            ),
            "there is nothing to be shown or hidden",
        ),
    ] {
        of_credentials(input, &[&format!("{what}; {fix}")]);
    }
    of_credentials(
        quote!(
            struct C {}
        ),
        &[],
    );
}

#[test]
fn keys_stand_where_they_belong() {
    of_credentials(
        quote! {
            #[credentials(show)]
            struct C {
                #[credentials(hide)]
                a: u8,
                #[credentials(crate = x)]
                b: u8,
                #[credentials(show, show)]
                c: u8,
                #[credentials]
                d: u8,
                #[credentials(show = true)]
                e: u8,
            }
        },
        &[
            "`show` belongs on a field; write `#[credentials(show)]` there",
            "unknown key `hide`; the only key is `show`, and a field without it is hidden",
            "`crate` belongs on the struct; write `#[credentials(crate = path::to::signals)]` there",
            "`show` is given twice; leave one out",
            "`credentials` needs its keys in parentheses; write `#[credentials(show)]`",
            "`show` takes no value; write `show`",
        ],
    );
}

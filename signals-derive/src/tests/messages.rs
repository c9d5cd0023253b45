//! What is said of mistakes; where it is said, the UI tests of the facade show.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::errors;
use crate::{model, receiver, signal};

#[track_caller]
fn of_model(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&model::derive(input)), said);
}

#[track_caller]
fn of_receiver(args: TokenStream, said: &[&str]) {
    let function = quote! { fn hear() {} };
    assert_eq!(errors(&receiver::receiver(args, &function)), said);
}

#[track_caller]
fn of_function(item: &TokenStream, said: &[&str]) {
    assert_eq!(errors(&receiver::receiver(quote!(post_save), item)), said);
}

#[track_caller]
fn of_signal(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&signal::signal(input)), said);
}

#[test]
fn a_model_is_a_struct_with_named_fields() {
    of_model(quote! { enum A { B } }, &["an enum is no model; write a struct with named fields"]);
    of_model(quote! { union A { b: u8 } }, &["a union is no model; write a struct with named fields"]);
    of_model(
        quote! { struct A(i64); },
        &["the fields of a model are columns and have names; write a struct with named fields"],
    );
    of_model(quote! { struct A; }, &["a model without fields has no columns; write a struct with named fields"]);
    of_model(
        quote! { struct A<'a, T, const N: usize> { id: &'a [T; N] } },
        &["a model is one table, so it has no generic parameters; write a struct for each type it is used with"],
    );
}

#[test]
fn a_model_has_one_primary_key() {
    let none = "model `A` has no primary key; name a field `id` or mark one with `#[model(primary_key)]`";
    of_model(quote! { struct A { x: i64 } }, &[none]);
    of_model(quote! { struct A { #[model(skip)] id: i64 } }, &[none]);
    of_model(
        quote! { struct A { #[model(primary_key)] x: i64, #[model(primary_key)] y: i64 } },
        &["a model has one primary key, and `x` is it; leave `primary_key` out here"],
    );
    of_model(quote! { struct A { id: i64, #[model(primary_key)] y: i64 } }, &[]);
}

#[test]
fn every_mistake_of_a_struct_is_said_at_once() {
    of_model(
        quote! {
            #[model(table = 5, unique)]
            struct A {
                #[model(primary_key, unique)]
                a: i64,
                #[model(table = "x")]
                b: u8,
                #[model(skip, json)]
                c: u8,
            }
        },
        &[
            "`table` wants a string; write `table = \"users\"`",
            "`unique` belongs on a field; write `#[model(unique)]` there",
            "`table` belongs on the struct; write `#[model(table = \"users\")]` there",
            "a primary key is unique already; leave `unique` out",
            "a skipped field has no column; leave `json` or `skip` out",
        ],
    );
}

#[test]
fn an_attribute_is_a_list_of_known_keys() {
    let parentheses = "`model` wants its keys in parentheses; write `#[model(table = \"users\")]`";
    of_model(quote! { #[model] #[model = "x"] struct A { id: u8 } }, &[parentheses, parentheses]);
    of_model(
        quote! { #[model(tabel = "a", zzz, table, crate = 5, table = "b")] struct A { id: u8 } },
        &[
            "unknown key `tabel`; did you mean `table = \"users\"`? the keys are `table` and `crate`",
            "unknown key `zzz`; the keys are `table` and `crate`",
            "`table` wants a value; write `table = \"users\"`",
            "`crate` wants a path; write `crate = path::to::signals`",
            "`table` is given twice; leave one out",
        ],
    );
    of_model(
        quote! { struct A { id: u8, #[model(index = true, unique(x), "x", json json)] b: u8 } },
        &[
            "`index` takes no value; write `index`",
            "`unique` takes no value; write `unique`",
            "expected a key; the keys are `primary_key`, `unique`, `index`, `default`, `column`, `sql_type`, `skip`, \
             `json`, `auto_now` and `auto_now_add`",
            "expected `,` before the next key",
        ],
    );
}

#[test]
fn keys_that_do_not_go_together_are_told_apart() {
    of_model(
        quote! { struct A { #[model(json, auto_now, default = 1)] id: u8, #[model(auto_now, auto_now_add)] b: u8 } },
        &[
            "a primary key is compared by the database, which JSON is not; leave `json` out",
            "a primary key stays the same on every save; leave `auto_now` out",
            "a primary key is set by the program or counted by the database; leave `default` out",
            "a time is not stored as JSON; leave `auto_now` out",
            "`auto_now` fills the field on the first save too; leave `auto_now_add` out",
        ],
    );
}

#[test]
fn names_are_there_and_different() {
    of_model(
        quote! {
            #[model(table = "")]
            struct A {
                id: u8,
                #[model(column = "ID")]
                b: u8,
                #[model(column = "a\0b")]
                c: u8,
                C: u8,
            }
        },
        &[
            "`table` is empty; write `table = \"users\"`",
            "`column` holds a NUL, which databases do not take; leave it out",
            "the column `ID` is that of the field `id`; name another with `#[model(column = \"..\")]`",
            "the constant `C` is that of the field `c`; rename one of the two fields",
        ],
    );
    let fields = (0..129).map(|i| format_ident!("f{i}"));
    of_model(
        quote!(struct A { #[model(primary_key)] #(#fields: u8,)* }),
        &["a model has at most 128 columns; split it in two models"],
    );
}

#[test]
fn a_default_is_a_literal_or_sql() {
    let kinds = "`default` wants a string, a number, a bool or `sql(\"..\")`; write `default = 0`";
    of_model(
        quote! {
            struct A {
                id: u8,
                #[model(default = 'x')]
                a: u8,
                #[model(default = -"x")]
                b: u8,
                #[model(default = "a\\b")]
                c: u8,
                #[model(default = sql(""))]
                d: u8,
                #[model(default)]
                e: u8,
            }
        },
        &[
            kinds,
            kinds,
            "databases disagree on a backslash in a string; write the SQL that yours takes: `default = sql(\"..\")`",
            "`default` is empty; write `default = 0`",
            "`default` wants a value; write `default = 0`",
        ],
    );
}

#[test]
fn a_receiver_names_its_signals_first() {
    let first = "name the signal first: `#[receiver(post_save, sender = User)]`";
    for args in [quote!(), quote!(sender = User), quote!(robust), quote!("post_save", robust), quote!([])] {
        of_receiver(args, &[first]);
    }
    of_receiver(
        quote!([post_save, post_delete, post_save]),
        &["the signal `post_save` is listed twice; leave one out"],
    );
    of_receiver(
        quote!(post_save, post_delete),
        &["unknown key `post_delete`; the keys are `sender`, `priority`, `uid`, `robust`, `raw` and `crate`, \
           and a model is written `sender = User`, several signals as a list: `#[receiver([post_save, post_delete])]`"],
    );
    of_receiver(quote!(post_save sender = User), &["expected `,` after the signal"]);
}

#[test]
fn every_mistake_of_an_attribute_is_said_at_once() {
    of_receiver(
        quote!(post_save, sendr = User, priority = 99999999999, uid = "", robust = true, robust, raw, raw),
        &[
            "unknown key `sendr`; did you mean `sender = User`? \
             the keys are `sender`, `priority`, `uid`, `robust`, `raw` and `crate`",
            "`priority` is an `i32`; write a number from -2147483648 to 2147483647",
            "`uid` is empty; write `uid = \"search.reindex\"`",
            "`robust` takes no value; write `robust`",
            "`robust` is given twice; leave one out",
            "`raw` is given twice; leave one out",
        ],
    );
    of_receiver(
        quote!(post_save, priority = 1.0, uid = 1, sender = "User"),
        &[
            "`priority` wants a whole number; write `priority = -10`",
            "`uid` wants a string; write `uid = \"search.reindex\"`",
            "`sender` wants a type; write `sender = User`",
        ],
    );
}

#[test]
fn a_sender_is_a_type_of_its_own() {
    of_receiver(
        quote!(post_save, sender = dyn AnyModel),
        &["a trait object is no sender; leave `sender` out to hear every model"],
    );
    of_receiver(quote!(post_save, sender = &User), &["a sender is a type, not a reference to it; leave the `&` out"]);
}

#[test]
fn a_receiver_is_a_plain_function() {
    let function = "a receiver is a function; put `#[receiver(..)]` on a `fn` or `async fn` with a body";
    of_function(&quote! { struct A; }, &[function]);
    of_function(&quote! { fn hear(); }, &[function]);
    of_function(
        &quote! { const unsafe extern "C" fn hear<'a, T>(&self, (a, b): (T, &'a u8), ...) {} },
        &[
            "a receiver is a plain `fn` or `async fn`; leave `const` out",
            "a receiver is a plain `fn` or `async fn`; leave `unsafe` out",
            "a receiver is a plain `fn` or `async fn`; leave `extern` out",
            "a receiver is a plain `fn` or `async fn`; leave `...` out",
            "a receiver is not generic, as nobody names its types; \
             name the model, or leave `sender` out and take `instance: &dyn AnyModel`",
            "a receiver is a free function, without `self`; move it out of the `impl` and take `instance`",
            "a receiver's parameter is the name of a payload field; write a name and take the value apart in the body",
        ],
    );
    of_function(
        &quote! { fn hear(x: Box<impl A>, #[cfg(unix)] y: u8) -> impl B {} },
        &[
            "a receiver is not generic; write the type of the payload's `x` instead of `impl`",
            "a receiver's parameters are always there; put `cfg` on the function",
            "a receiver returns `()` or a `Result`; write that type instead of `impl`",
        ],
    );
}

#[test]
fn the_whole_payload_comes_alone_and_by_reference() {
    of_function(
        &quote! { fn hear(event: PostSave<'_, User>, created: bool) {} },
        &[
            "`event` is the whole payload, the other parameters included; take `event` alone or leave it out",
            "the payload is lent to each receiver in turn; take it by reference: `event: &PostSave<'_, User>`",
        ],
    );
}

#[test]
fn a_function_outlives_its_attribute() {
    let function = quote! { fn hear(event: u8) {} };
    let expansion = receiver::receiver(quote!(), &function);
    assert!(expansion.to_string().starts_with("fn hear (event : u8) { }"), "{expansion}");
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

//! What is said of mistakes; where it is said, the UI tests of the facade show.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{model, receiver, signal};

use super::errors;

fn of_model(input: TokenStream) -> Vec<String> {
    errors(model::derive(input))
}

#[test]
fn x() {
    for t in [
        quote!(
            enum A {
                B,
            }
        ),
        quote!(union A { b: u8 }),
        quote!(
            struct A(i64);
        ),
        quote!(
            struct A;
        ),
        quote!(
            struct A<T, const N: usize> {
                id: T,
            }
        ),
        quote!(
            struct A {
                x: i64,
            }
        ),
        quote!(
            #[model]
            #[model = "x"]
            #[model(tabel = "a", unique, zzz, table)]
            struct A {
                #[model(table = "x", primarykey)]
                id: i64,
            }
        ),
        quote!(
            #[model(table = 5, crate = "x", table = "", table = "x")]
            struct A {
                #[model(primary_key, unique, json, auto_now, auto_now_add, default = 1)]
                a: i64,
                #[model(primary_key)]
                b: i64,
            }
        ),
        quote!(
            struct A {
                #[model(unique)]
                id: i64,
                #[model(skip, json, column = "x")]
                b: i64,
                #[model(auto_now, auto_now_add, json)]
                c: i64,
            }
        ),
        quote!(
            struct A {
                id: i64,
                #[model(column = "ID")]
                b: i64,
                #[model(column = "a\0b")]
                c: i64,
                C: u8,
                #[model(column = 'x')]
                y: u8,
            }
        ),
        quote!(
            struct A {
                id: i64,
                #[model(default = 'x', index = true, unique(x))]
                c: i64,
                #[model(default = "a\\b")]
                d: u8,
                #[model(default = sql(""))]
                e: u8,
                #[model(default = -"x")]
                f: u8,
                #[model("x", references = User, default)]
                g: u8,
            }
        ),
    ] {
        println!("{t}\n    {}", of_model(t.clone()).join("\n    "));
    }
    let f = quote!(
        fn f() {}
    );
    for (a, t) in [
        (quote!(), f.clone()),
        (quote!(sender = User), f.clone()),
        (quote!(robust), f.clone()),
        (quote!("post_save"), f.clone()),
        (quote!([]), f.clone()),
        (quote!([post_save, post_save], sender = dyn AnyModel, sendr = x), f.clone()),
        (quote!(post_save, post_delete), f.clone()),
        (quote!(post_save sender = User, sender = A), f.clone()),
        (quote!(post_save, sender = User, sender = A, robust = true, priority = 99999999999, uid = ""), f.clone()),
        (quote!(post_save, sender = "User", raw(true), priority = "1", uid = 1), f.clone()),
        (quote!(post_save, priority = 1.0, sender = &User, uid), f.clone()),
        (quote!(post_save, priority = -1u8), f.clone()),
        (
            quote!(post_save),
            quote!(
                struct X;
            ),
        ),
        (
            quote!(post_save),
            quote!(
                fn f();
            ),
        ),
        (
            quote!(post_save),
            quote!(
                const unsafe extern "C" fn f<'a, T, const N: u8>(
                    &self,
                    (a, b): (u8, u8),
                    x: Box<impl A>,
                    #[cfg(x)] y: u8,
                    ...
                ) -> impl B {
                }
            ),
        ),
        (
            quote!(post_save),
            quote!(
                fn f(event: PostSave, x: u8) {}
            ),
        ),
        (
            quote!(post_save),
            quote!(
                fn f(event: &dyn PostSave) {}
            ),
        ),
    ] {
        println!("{a} {t}\n    {}", errors(receiver::receiver(a.clone(), t.clone())).join("\n    "));
    }
    for t in [
        quote!(pub OrderShipped { a: u8 } b {}),
        quote!(pub order_shipped<'a, 'b, T> { pub a: u8 }),
        quote!(
            pub struct order_shipped {
                pub a: u8,
            }
        ),
        quote!(
            #[signal(crat = x)]
            order_shipped
        ),
        quote!(_x {}),
        quote!(x { a }),
    ] {
        println!("{t}\n    {}", errors(signal::signal(t.clone())).join("\n    "));
    }
    panic!();
}

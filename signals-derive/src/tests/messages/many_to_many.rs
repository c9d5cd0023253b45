//! Of relations of many to many.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::model;

#[track_caller]
fn of_model(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&model::derive(input)), said);
}

#[test]
fn a_relation_is_a_name_and_a_model() {
    let head = "a relation is a name and a model; write `many_to_many(toppings: Topping)`";
    for wrong in [quote!(), quote!(toppings), quote!(Topping), quote!("toppings": Topping), quote!(a: "Topping")] {
        of_model(quote! { #[model(many_to_many(#wrong))] struct A { id: u8 } }, &[head]);
    }
    of_model(
        quote! {
            #[model(many_to_many = toppings, many_to_many(a: &B), many_to_many(c: D e), many_to_many(c: D<E>))]
            struct A { id: u8 }
        },
        &[
            "`many_to_many` needs a list here; write `many_to_many(toppings: Topping)`",
            "expected `,` after the model",
            "a relation is to a model; write its name or path",
            "a relation is to a model; write its name or path",
        ],
    );
    of_model(
        quote! {
            #[model(many_to_many(a: B, trough = C, through_fields = x, related = "as", table, table = "", d: E))]
            struct A { id: u8 }
        },
        &[
            "unknown key `trough`; did you mean `through = Membership`? the keys are `related`, `through`, \
             `through_fields`, `symmetrical`, `table`, `schema` and `columns`",
            "`through_fields` needs a list here; write `through_fields(group_id, person_id)`",
            "`related` needs a word; write `related = pizzas`",
            "`table` needs a value; write `table = \"pizza_toppings\"`",
            "`table` is given twice; leave one out",
            "unknown key `d`; the keys are `related`, `through`, `through_fields`, `symmetrical`, `table`, `schema` and `columns`",
        ],
    );
}

#[test]
fn the_keys_of_a_relation_agree() {
    of_model(
        quote! {
            #[model(
                many_to_many(a: B, symmetrical),
                many_to_many(a: C, through = D, table = "d", schema = "d"),
                many_to_many(e: Self, symmetrical, related = f),
                many_to_many(g: A, related = e),
                many_to_many(h: B, through_fields(i, j)),
                many_to_many(k: B, through = D, through_fields(l)),
                many_to_many(m: B, through = D, through_fields(l, l)),
                many_to_many(n: B, through = D, columns(o, p)),
                many_to_many(q: B, columns(r)),
                many_to_many(s: B, columns(t, "T")),
                many_to_many(u: B, columns(1, v)),
                many_to_many(w: B, columns("", v)),
                many_to_many(x: B, columns("X", a_id)),
                many_to_many(y: B, columns(r#b_id, "Y")),
                many_to_many(z: Self, columns(from_a_id, "Z")),
            )]
            struct A { id: u8 }
        },
        &[
            "`columns` needs the names of columns; write `columns(pizza_id, topping_id)`",
            "`columns` needs the names of columns; write `columns(pizza_id, topping_id)`",
            "a relation to another model has two sides; leave `symmetrical` out, or write `Self` for the model",
            "the relation `a` is there twice; rename one of the two",
            "the links are in the table of their own model; leave `table` out",
            "the links are in the table of their own model; leave `schema` out",
            "a symmetrical relation goes both ways; leave `related` out",
            "the relation `e` is there twice; rename one of the two",
            "`through_fields` names fields of a model of links; write `through = Membership` beside it",
            "a link has two ends; write the field with this model's key, then that with the other's: \
             `through_fields(group_id, person_id)`",
            "the field `l` is listed twice; write that of the other model",
            "the columns of the links are fields of their own model; leave `columns` out, or write \
             `through_fields(group_id, person_id)`",
            "a link has two ends; write the column with this model's key, then that with the other's: \
             `columns(pizza_id, topping_id)`",
            "the column `T` is listed twice; write that of the other model",
            "the field of the other column is `a_id` too; write this column as `\"a_id\"`",
            "the field of the other column is `b_id` too; write this column as `\"b_id\"`",
        ],
    );
    of_model(
        quote! {
            #[model(
                many_to_many(a: B, columns(x, y)),
                many_to_many(b: B, columns(x, y, z)),
                many_to_many(c: Self, columns(x, y, z)),
                many_to_many(d: B, columns(x, y, x)),
                many_to_many(e: B, columns(x, y, z, u, v, w)),
                many_to_many(f: B, through = C, through_fields(x, y)),
                many_to_many(g: B, through = C, through_fields(x, y, x, z)),
                many_to_many(h: B, through = C, through_fields(x, x, z)),
                many_to_many(i: B, columns("X", "Y", a_q)),
            )]
            struct A { #[model(primary_key)] p: u8, #[model(primary_key)] q: u8 }
        },
        &[
            "the key of `A` has 2 fields; write `columns(..)` with a column for each, then one for each field of the \
             other model's key",
            "the key of `A` has 2 fields; write `columns(..)` with a column for each, then one for each field of the \
             other model's key",
            "the column `x` is listed twice; write that of the other model",
            "the columns are the key of the links, which has at most 5; leave `columns` out, or write `through = Membership`",
            "the key of `A` has 2 fields; write `through_fields(..)` with a field for each, then one for each field of the \
             other model's key",
            "the field `x` is listed twice; leave one out",
            "the field of the other column is `a_q` too; write this column as `\"a_q\"`",
        ],
    );
    // What the ways back are called is the target's.
    of_model(
        quote! { #[model(many_to_many(a: B, related = x), many_to_many(c: D, related = x))] struct A { id: u8 } },
        &[],
    );
}

//! Of models.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::errors;
use crate::model;

#[track_caller]
fn of_model(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&model::derive(input)), said);
}

#[test]
fn a_model_is_a_struct_with_named_fields() {
    of_model(quote! { enum A { B } }, &["an enum is not a model; write a struct with named fields"]);
    of_model(quote! { union A { b: u8 } }, &["a union is not a model; write a struct with named fields"]);
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
fn a_model_has_a_primary_key_of_up_to_five_fields() {
    let none = "model `A` has no primary key; name a field `id` or mark one with `#[model(primary_key)]`";
    of_model(quote! { struct A { x: i64 } }, &[none]);
    of_model(quote! { struct A { #[model(skip)] id: i64 } }, &[none]);
    let five = ["a", "b", "c", "d", "e"].map(|name| format_ident!("{name}"));
    of_model(quote! { struct A { #(#[model(primary_key)] #five: i64,)* } }, &[]);
    of_model(
        quote! { struct A { #(#[model(primary_key)] #five: i64,)* #[model(primary_key)] f: i64 } },
        &["a primary key has at most 5 fields; leave `primary_key` out here"],
    );
    // A part may be unique by itself.
    of_model(quote! { struct A { #[model(primary_key, unique)] x: i64, #[model(primary_key)] y: i64 } }, &[]);
    of_model(
        quote! {
            struct A { #[model(primary_key)] x: i64, #[model(primary_key, json, default = 0)] y: i64 }
        },
        &[
            "a primary key is compared by the database, which JSON is not; leave `json` out",
            "a primary key is set by the program or counted by the database; leave `default` out",
        ],
    );
    of_model(quote! { struct A { id: i64, #[model(primary_key)] y: i64 } }, &[]);
}

#[test]
fn triggers_of_captured_writes_need_a_table_that_may_change() {
    of_model(
        quote! { #[model(capture, schema = "b")] struct A { id: u8 } },
        &["the triggers of `capture` write to a table of their own schema; leave out `schema`"],
    );
    of_model(
        quote! { #[model(capture, managed = false)] struct A { id: u8 } },
        &["`capture` adds triggers to the table; leave out `managed = false`"],
    );
    of_model(quote! { #[model(capture)] struct A { id: u8 } }, &[]);
}

#[test]
fn managed_is_true_or_false() {
    let needs = "`managed` needs `true` or `false`; write `managed = false`";
    of_model(quote! { #[model(managed = "no")] struct A { id: u8 } }, &[needs]);
    of_model(quote! { #[model(managed = no)] struct A { id: u8 } }, &[needs]);
    of_model(quote! { #[model(managed = false)] struct A { id: u8 } }, &[]);
    of_model(quote! { #[model(managed = true)] struct A { id: u8 } }, &[]);
    of_model(
        quote! { struct A { #[model(managed = false)] id: u8 } },
        &["`managed` belongs on the struct; write `#[model(managed = false)]` there"],
    );
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
            "`table` needs a string; write `table = \"users\"`",
            "`unique` needs a list here; write `unique(pizza_id, topping_id)`, or `#[model(unique)]` on a field",
            "`table` belongs on the struct; write `#[model(table = \"users\")]` there",
            "a primary key is unique already; leave `unique` out",
            "a skipped field has no column; leave `json` or `skip` out",
        ],
    );
}

#[test]
fn an_attribute_is_a_list_of_known_keys() {
    let parentheses = "`model` needs its keys in parentheses; write `#[model(table = \"users\")]`";
    of_model(quote! { #[model] #[model = "x"] struct A { id: u8 } }, &[parentheses, parentheses]);
    of_model(
        quote! { #[model(tabel = "a", zzz, table, crate = 5, table = "b")] struct A { id: u8 } },
        &[
            "unknown key `tabel`; did you mean `table = \"users\"`? \
             the keys are `table`, `schema`, `was`, `unique`, `index`, `references`, `managed`, `many_to_many`, `reread`, `validate`, `capture` and `crate`",
            "unknown key `zzz`; the keys are `table`, `schema`, `was`, `unique`, `index`, `references`, `managed`, `many_to_many`, `reread`, `validate`, `capture` and `crate`",
            "`table` needs a value; write `table = \"users\"`",
            "`crate` needs a path; write `crate = path::to::signals`",
            "`table` is given twice; leave one out",
        ],
    );
    of_model(
        quote! { struct A { id: u8, #[model(index = true, unique(x), "x", json json)] b: u8 } },
        &[
            "`index` takes no value; write `index`",
            "`unique` takes no value; write `unique`",
            "expected a key; the keys are `primary_key`, `unique`, `index`, `default`, `column`, `was`, `sql_type`, `sqlite`, `skip`, \
             `json`, `auto_now`, `auto_now_add`, `generated`, `read_only`, `db_default`, `insert_only`, `version`, `references`, `to`, `on_delete`, `related` and `relation`",
            "expected `,` before the next key",
        ],
    );
}

#[test]
fn keys_that_do_not_go_together_are_told_apart() {
    of_model(
        quote! { struct A { id: u8, #[model(version)] a: u8, #[model(version)] b: u8 } },
        &["a row has one version; leave `version` out here"],
    );
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
fn a_form_of_sqlite_is_one_of_six() {
    of_model(
        quote! {
            #[model(references(B, fields(e, f), on_delete = cascade))]
            struct A {
                #[model(sqlite = hyphenated)]
                id: Uuid,
                #[model(sqlite = date_time)]
                a: T,
                #[model(sqlite = 5)]
                b: T,
                #[model(references = B, on_delete = cascade, sqlite = simple)]
                c: Uuid,
                #[model(json, sqlite = datetime)]
                d: T,
                #[model(sqlite = simple)]
                e: Uuid,
                f: i64,
            }
        },
        &[
            "unknown form; did you mean `sqlite = datetime`? the forms are `datetime`, `unix_seconds`, `unix_millis`, \
             `julian_day`, `hyphenated` and `simple`",
            "`sqlite` needs a word; write `sqlite = datetime`",
            "a key is stored as its type is, such as `uuid::fmt::Hyphenated` or a newtype with `sqlx::Type`; \
             leave `sqlite` out",
            "a reference is stored as the key, whose type decides, such as `uuid::fmt::Hyphenated`; leave `sqlite` out",
            "a JSON document is stored as text; leave `sqlite` out",
            "a reference is stored as the key, whose type decides; leave `sqlite` out",
        ],
    );
    of_model(quote! { struct A { id: i64, #[model(sqlite = unix_seconds, auto_now)] a: T } }, &[]);
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
    let fields = (0..4_097).map(|i| format_ident!("f{i}"));
    of_model(
        quote!(struct A { #[model(primary_key)] #(#fields: u8,)* }),
        &["no database has tables of more than 4096 columns; split it in two models"],
    );
}

#[test]
fn a_reference_says_what_a_delete_does() {
    let words =
        "the values are `cascade`, `protect`, `restrict`, `set_null`, `set_default`, `do_nothing` and `database`";
    of_model(
        quote! {
            struct A {
                id: u8,
                #[model(references = User)]
                a: i64,
                #[model(on_delete = cascade)]
                b: i64,
                #[model(references = User, on_delete = CASCADE)]
                c: i64,
                #[model(on_delete = forget, references = User)]
                d: i64,
                #[model(references = User)]
                #[model(on_delete = "cascade")]
                e: i64,
                #[model(references = "User", on_delete = protect)]
                f: i64,
            }
        },
        &[
            &format!("unknown `on_delete`; did you mean `on_delete = cascade`? {words}"),
            &format!("unknown `on_delete`; {words}"),
            "`on_delete` needs a word; write `on_delete = cascade`",
            "`references` needs a type; write `references = User`",
            "a reference needs `on_delete`, which is what a delete of the other row does to this one; \
             write `on_delete = cascade` or another value beside it",
            "`on_delete` is a part of a reference; write `references = User` beside it",
        ],
    );
}

#[test]
fn a_reference_goes_with_few_other_keys() {
    of_model(
        quote! {
            struct A {
                id: u8,
                #[model(references = User, on_delete = cascade, json)]
                a: i64,
                #[model(references = User, on_delete = cascade, auto_now)]
                b: i64,
                #[model(references = User, on_delete = set_default)]
                c: i64,
                #[model(references = User, on_delete = set_default, skip)]
                d: i64,
            }
        },
        &[
            "a reference is compared by the database, which JSON is not; leave `json` out",
            "a reference is not filled with the time; leave `auto_now` out",
            "a skipped field has no column; leave `references` or `skip` out",
            "a skipped field has no column; leave `on_delete` or `skip` out",
            "`set_default` sets the column's default; write `default = 0` or another one beside it",
        ],
    );
}

#[test]
fn several_columns_are_unique_together() {
    of_model(
        quote! {
            #[model(unique(a, bb), unique(a), unique(a, a), unique(a, cache), unique())]
            #[model(unique("a", "b"), unique(b, id), unique(id, b), unique(b id), unique(nothing, b))]
            struct A { id: u8, a: u8, b: u8, #[model(skip)] cache: u8 }
        },
        &[
            "`unique` needs the names of fields; write `unique(pizza_id, topping_id)`",
            "`unique` needs the names of fields; write `unique(pizza_id, topping_id)`",
            "`unique` needs the names of fields; write `unique(pizza_id, topping_id)`",
            "unknown field `bb`; did you mean `b`?",
            "one column is unique by itself; write `#[model(unique)]` on the field",
            "the field `a` is listed twice; leave one out",
            "the field `cache` is skipped, so it has no column; leave it out",
            "these columns are unique together already; leave one of the two lists out",
            "unknown field `nothing`; the fields are `id`, `a`, `b` and `cache`",
        ],
    );
}

#[test]
fn several_columns_have_an_index_together() {
    of_model(
        quote! {
            #[model(index(a, bb), index(a), index(a, a), index(a, b), index(b, a), index(a, b), index)]
            struct A { id: u8, a: u8, b: u8 }
        },
        &[
            "`index` needs a list here; write `index(state, due_at)`, or `#[model(index)]` on a field",
            "unknown field `bb`; did you mean `b`?",
            "one column has an index of its own; write `#[model(index)]` on the field",
            "the field `a` is listed twice; leave one out",
            "these columns have this index already; leave one of the two lists out",
        ],
    );
}

#[test]
fn several_lists_may_share_one_key() {
    of_model(
        quote! {
            #[model(index((a, b), (b, a)), index((a, b),), unique((a, b), (b, a)), index((a, b), b), unique((a), ()))]
            struct A { id: u8, a: u8, b: u8 }
        },
        &[
            "`index` needs either names or lists of names; write `index(state, due_at)`",
            "`unique` needs the names of fields; write `unique(pizza_id, topping_id)`",
            "these columns are unique together already; leave one of the two lists out",
            "these columns have this index already; leave one of the two lists out",
        ],
    );
}

#[test]
fn a_reference_to_a_composite_key_names_its_fields() {
    let usage = "references(Order, fields(tenant_id, order_id), on_delete = cascade)";
    for wrong in [quote!(), quote!("Order")] {
        of_model(
            quote! { #[model(references(#wrong))] struct A { id: u8 } },
            &[&format!("a reference is to a model; write `{usage}`")],
        );
    }
    let missing = "a reference needs `on_delete`, which is what a delete of the other row does to this one; \
                   write `on_delete = cascade` or another value beside it";
    of_model(
        quote! {
            #[model(references = B, references(B), references(B, fields(a), on_delete = cascade))]
            #[model(references(B, fields(a, a), on_delete = set_default), references(B, fields(a, a), on_delete = set_nul))]
            #[model(references(B, fields(a, b, c, j, d, e), field(a), to(e, f), on_delete = cascade))]
            struct A { id: u8, a: u8, b: u8, #[model(skip)] c: u8, #[model(json)] j: u8, e: u8 }
        },
        &[
            &format!("`references` needs a list here; write `{usage}`, or `#[model(references = User)]` on a field"),
            "unknown `on_delete`; did you mean `on_delete = set_null`? the values are `cascade`, `protect`, `restrict`, \
             `set_null`, `set_default`, `do_nothing` and `database`",
            "unknown key `field`; did you mean `fields(tenant_id, order_id)`? the keys are `fields`, `on_delete`, `related` and `relation`",
            "unknown key `to`; several fields reference the primary key of the other model; leave it out, \
             or declare a reference to other unique columns only in the database",
            "a reference on the struct names its fields; write `fields(tenant_id, order_id)`, \
             one for each field of the other model's primary key",
            missing,
            "one field references a key of one field; write `#[model(references = User, on_delete = cascade)]` on it",
            "the field `a` is listed twice; leave one out",
            "`set_default` sets the defaults of the fields; write `#[model(default = 0)]` or another one on one of them",
            "the field `a` is listed twice; leave one out",
            "these fields are a reference already; leave one of the two out",
            "the field `c` is skipped, so it has no column; leave it out",
            "a reference is compared by the database, which JSON is not; leave `j` out",
            "unknown field `d`; did you mean `id`?",
            "a primary key has at most 5 fields; leave this one out",
        ],
    );
}

#[test]
fn a_word_of_another_library_is_answered_with_what_to_write() {
    of_model(
        quote! {
            #[model(db_table = "users", unique_together(a, b), ordering = "a", primary_key(id))]
            struct A {
                id: u8,
                #[model(foreign_key = "users.id", null, max_length = 80)]
                a: u8,
                #[model(unique_together, rename = "c", table_name = "as")]
                b: u8,
            }
        },
        &[
            "unknown key `db_table`; write `table = \"users\"`",
            "unknown key `unique_together`; write `unique(a, b)`",
            "unknown key `ordering`; a query has the order; write `User::objects().order_by([User::ID.asc()])`",
            "`primary_key` belongs on a field; write `#[model(primary_key)]` there",
            "unknown key `foreign_key`; a field holds the key of another row with `references = User, on_delete = cascade`",
            "unknown key `null`; a column takes NULL if the type of its field is an `Option`, such as `Option<String>`",
            "unknown key `max_length`; a type is limited in the table alone; write `sql_type = \"VARCHAR(80)\"`",
            "unknown key `unique_together`; write `#[model(unique(a, b))]` on the struct",
            "unknown key `rename`; write `column = \"name\"`",
            "unknown key `table_name`; write `#[model(table = \"users\")]` on the struct",
        ],
    );
}

#[test]
fn a_default_is_a_literal_or_sql() {
    let kinds = "`default` needs a string, a number, a bool or `sql(\"..\")`; write `default = 0`";
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
            "`default` needs a value; write `default = 0`",
        ],
    );
}

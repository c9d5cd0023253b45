//! Messages for tasks.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::task;

#[track_caller]
fn of_task(args: TokenStream, item: &TokenStream, said: &[&str]) {
    let expansion = task::task(args, item);
    assert_eq!(errors(&expansion), said);
}

#[test]
fn an_option_has_a_value_of_its_kind() {
    let duration =
        |key: &str, usage: &str| format!("`{key}` needs a duration in ms, s, m, h or d; write `{key} = \"{usage}\"`");
    for wrong in [
        quote!(10),
        quote!("10"),
        quote!("s"),
        quote!("1.5s"),
        quote!("0s"),
        quote!("10 s"),
        quote!("9999999999999999999d"),
    ] {
        of_task(
            quote!(backoff = #wrong),
            &quote!(
                async fn f() {}
            ),
            &[&duration("backoff", "10s")],
        );
        of_task(
            quote!(timeout = #wrong),
            &quote!(
                async fn f() {}
            ),
            &[&duration("timeout", "30s")],
        );
    }
    for right in [quote!("250ms"), quote!("1s"), quote!("5m"), quote!("2h"), quote!("7d")] {
        of_task(
            quote!(timeout = #right),
            &quote!(
                async fn f() {}
            ),
            &[],
        );
    }
    of_task(
        quote!(queue = "", max_attempts = -1, priority = 40_000, aliases(), name = 7, aliases("a")),
        &quote!(
            async fn f() {}
        ),
        &[
            "`queue` is empty; write `queue = \"mail\"`",
            "`aliases` needs a string; write `aliases(\"old.name\")`",
            "`name` needs a string; write `name = \"mail.send_welcome\"`",
            "`aliases` is given twice; leave one out",
            "a task's `priority` is an `i16`; write a number from -32768 to 32767",
            "`max_attempts` is at least 1; write `max_attempts = 5`",
        ],
    );
    of_task(
        quote!(aliases("a", "b" "c"), retries = 3),
        &quote!(
            async fn f() {}
        ),
        &[
            "expected `,` before this",
            "unknown key `retries`; the keys are `queue`, `priority`, `max_attempts`, `backoff`, `timeout`, `blocking`, `sensitive`, \
             `name`, `aliases` and `crate`",
        ],
    );
}

#[test]
fn a_word_of_celery_is_answered_with_what_to_write() {
    of_task(
        quote!(bind = true, max_retries = 3, retry_backoff = 5, time_limit = 30, ignore_result),
        &quote!(
            async fn f() {}
        ),
        &[
            "unknown key `bind`; a task that needs its run takes `ctx: &Context`; leave it out",
            "unknown key `max_retries`; the first attempt counts; write `max_attempts = 4` for three retries",
            "unknown key `retry_backoff`; a pause doubles up to an hour, and varies; write `backoff = \"10s\"` for the \
             first one",
            "unknown key `time_limit`; write `timeout = \"30s\"`",
            "unknown key `ignore_result`; a task has no result; leave it out",
        ],
    );
}

#[test]
fn a_task_owns_its_arguments() {
    of_task(
        quote!(),
        &quote!(
            async fn f(a: &str, b: impl Copy, (c, d): (u8, u8), ctx: Context, db: &mut Db, tx: &Tx) {}
        ),
        &[
            "an argument is stored, so a task owns `a`; write an owned type, such as `String` for `&str` \
             (the worker lends `ctx: &Context`, `db: &Db` and `tx: &Tx`)",
            "an argument is stored and read as one type; write that type instead of `impl`",
            "an argument is stored by its name; write a name and take the value apart in the body",
            "the worker lends `ctx` to the task; write `ctx: &Context`, or another name",
            "the worker lends `db` to the task; write `db: &Db`, or another name",
            "writes on `db` are not part of the transaction `tx`; remove one of the two parameters",
        ],
    );
}

#[test]
fn a_task_is_a_plain_async_function() {
    let plain = "a task is a plain `async fn`";
    of_task(
        quote!(),
        &quote!(
            async unsafe fn f() {}
        ),
        &[&format!("{plain}; leave `unsafe` out")],
    );
    of_task(
        quote!(),
        &quote!(
            fn f() {}
        ),
        &["a task is an `async fn`, so that a worker runs many on one thread; write `async` before `fn`, \
           or `blocking` into the attribute, for a thread of its own"],
    );
    of_task(
        quote!(blocking),
        &quote!(
            async fn f(tx: &Tx) {}
        ),
        &[
            "a blocking task is called on a thread of its own; leave `async` or `blocking` out",
            "a blocking task has no transaction, because its writes are async; leave `tx` out",
        ],
    );
    of_task(
        quote!(),
        &quote!(
            async fn f<T, 'a, const N: usize>() -> impl Sized {}
        ),
        &[
            "a task cannot be generic; write one task for each type",
            "a task cannot be generic; write one task for each type",
            "a task returns `()` or a `Result`; write that type instead of `impl`",
        ],
    );
    of_task(
        quote!(),
        &quote!(
            struct F;
        ),
        &["a task is a function; put `#[task(..)]` on an `async fn` with a body"],
    );
}

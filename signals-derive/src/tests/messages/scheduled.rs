//! Messages for schedules.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::scheduled;

#[track_caller]
fn of_schedule(args: TokenStream, item: &TokenStream, said: &[&str]) {
    let expansion = scheduled::scheduled(args, item);
    assert_eq!(errors(&expansion), said);
}

#[track_caller]
fn of_options(args: TokenStream, said: &[&str]) {
    let item = quote! {
        #[task]
        async fn f() {}
    };
    of_schedule(args, &item, said);
}

#[test]
fn a_schedule_has_its_times_once() {
    let none = "a schedule needs its times; write `cron = \"*/5 * * * *\"` or `every = \"30s\"`";
    of_options(quote!(), &[none]);
    of_options(quote!(missed = "all"), &[none]);
    of_options(
        quote!(cron = "* * * * *", every = "1m"),
        &["a schedule has `cron` or `every`; leave one of the two out"],
    );
    of_options(
        quote!(every = "1m", tz = "UTC"),
        &["an interval is the same in each time zone; leave `tz` out, or write `cron`"],
    );
    of_options(quote!(every = "1"), &["`every` needs a duration in ms, s, m, h or d; write `every = \"30s\"`"]);
    of_options(quote!(every = "99ms"), &["an interval is at least 100 ms; write `every = \"100ms\"` or more"]);
    of_options(quote!(cron), &["`cron` needs a value; write `cron = \"*/5 * * * *\"`"]);
}

#[test]
fn a_wrong_expression_is_explained() {
    for (text, said) in [
        (
            "*/5 * * *",
            "a cron expression has 5 fields (minute, hour, day of the month, month, weekday), and this one has 4; \
             write `cron = \"*/5 * * * *\"`",
        ),
        ("60 * * * *", "the minute `60` is unknown; write a number from 0 to 59"),
        ("0 +1 * * *", "the hour `+1` is unknown; write a number from 0 to 23"),
        ("0 0 0 * *", "the day of the month `0` is unknown; write a number from 1 to 31"),
        ("0 0 * jun-jly *", "the month `jly` is unknown; write a number from 1 to 12, or `jan` to `dec`"),
        ("0 0 * * 8", "the weekday `8` is unknown; write a number from 0 to 7, or `sun` to `sat`"),
        ("0 0 * * fri-mon", "the range `fri-mon` ends before it begins; write two ranges, with a comma"),
        ("5/15 * * * *", "a step needs `*` or a range; write `5-59/15`"),
        ("*/0 * * * *", "the step `0` is not a whole number from 1"),
        (
            "*/90 * * * *",
            "a step of 90 is longer than the values of the minute; write a step up to 59, or an interval such as \
             `every = \"90m\"`",
        ),
        ("5-5/1 * * * *", "a range of one value of the minute has no step; leave `/1` out"),
        (", * * * *", "the minute `` is unknown; write a number from 0 to 59"),
        (
            "0 0 31 4,6 *",
            "the month `4,6` has no day `31`, so this never runs; write `L` for the last day of the month",
        ),
        (
            "@reboot",
            "unknown word `@reboot`; the words are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` \
             and `@annually`",
        ),
    ] {
        of_options(quote!(cron = #text), &[said]);
    }
}

#[test]
fn a_wrong_word_is_compared_with_the_right_ones() {
    let zone = |written: &str, hint: &str| {
        of_options(quote!(cron = "@daily", tz = #written), &[&format!("unknown time zone `{written}`; {hint}")]);
    };
    zone("Europe/Berln", "did you mean `Europe/Berlin`?");
    zone("berlin", "did you mean `Europe/Berlin`?");
    zone("America/New York", "did you mean `America/New_York`?");
    zone("Mars/Olympus_Mons", "write a name of the IANA database: `tz = \"Europe/Berlin\"`");
    of_options(
        quote!(every = "1m", missed = "lst", overlap = "never"),
        &[
            "unknown value `lst` of `missed`; did you mean `missed = \"last\"`? the values are `all`, `last` and \
             `skip`",
            "unknown value `never` of `overlap`; the values are `skip`, `queue` and `allow`",
        ],
    );
    of_options(
        quote!(evry = "1m", queue = "mail"),
        &[
            "unknown key `evry`; did you mean `every = \"30s\"`? the keys are `cron`, `every`, `tz`, `missed`, \
             `overlap` and `crate`",
            "unknown key `queue`; the keys are `cron`, `every`, `tz`, `missed`, `overlap` and `crate`",
        ],
    );
}

#[test]
fn policies_that_contradict_each_other_are_refused() {
    of_options(
        quote!(every = "1m", missed = "all", overlap = "skip"),
        &["`skip` would drop all missed ticks but one; write `overlap = \"queue\"` or `overlap = \"allow\"`"],
    );
    of_options(
        quote!(every = "1m", missed = "skip", overlap = "queue"),
        &["a tick that waits is missed, and `missed = \"skip\"` drops it; write `overlap = \"skip\"`, or \
             `missed = \"last\"`"],
    );
}

#[test]
fn a_scheduled_task_has_no_arguments() {
    of_schedule(
        quote!(every = "1m"),
        &quote! {
            #[task]
            #[scheduled(every = "2m")]
            async fn f(user: i64, ctx: &Context, tx: &Tx) {}
        },
        &[
            "a scheduled task has no arguments, because the beat has no values for them; leave `user` out (the worker \
             lends `ctx: &Context`, `db: &Db` and `tx: &Tx`)",
            "a task has one schedule; write another task that calls the same function",
        ],
    );
    let not_a_task = "a schedule belongs to a task; write `#[task]` below `#[scheduled(..)]`";
    of_schedule(
        quote!(every = "1m"),
        &quote!(
            async fn f(user: i64) {}
        ),
        &[not_a_task],
    );
    of_schedule(
        quote!(every = "1m"),
        &quote!(
            struct F;
        ),
        &[not_a_task],
    );
    // `#[task]` reports these.
    of_schedule(
        quote!(__task, every = "1m"),
        &quote!(
            struct F;
        ),
        &[],
    );
}

//! The expansion of a schedule.

use insta::assert_snapshot;
use quote::quote;

use crate::scheduled::{scheduled, zone_names};
use crate::task::task;

use super::pretty;

#[test]
fn a_schedule_is_an_entry_of_the_linkers_list() {
    let item = quote! {
        #[task]
        async fn clean_up(db: &Db) {}
    };
    assert_snapshot!(pretty(&scheduled(quote!(every = "30s"), &item)));
    let item = quote! {
        #[tasks::task(queue = "reports")]
        #[cfg(feature = "reports")]
        async fn r#report() {}
    };
    let args = quote!(
        cron = " 30  2,14 * * mon-fri ",
        tz = "Europe/Berlin",
        missed = "all",
        overlap = "allow",
        crate = my::signals
    );
    assert_snapshot!(pretty(&scheduled(args, &item)));
}

#[test]
fn a_task_marks_the_schedule_below_it() {
    for (written, marked) in [
        (quote!(#[scheduled(every = "30s")]), "#[scheduled(__task, every = \"30s\")]"),
        (quote!(#[tasks::scheduled]), "#[tasks::scheduled(__task)]"),
    ] {
        let expansion = task(
            quote!(),
            &quote! {
                /// Cleans up.
                #written
                async fn clean_up() {}
            },
        );
        assert!(pretty(&expansion).starts_with(&format!("/// Cleans up.\n{marked}\n")), "{}", pretty(&expansion));
    }
}

#[test]
fn the_time_zones_are_those_of_chrono_tz() {
    let mut names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    names.sort_unstable();
    assert!(zone_names().eq(names), "renew `scheduled/zones.txt`");
}

//! The expansion of a schedule: an entry of the linker's list.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::cfg;
use crate::function::Function;
use crate::name;

use super::cron::Cron;
use super::syntax::{ScheduledOptions, Timing};

/// Expands a schedule that passed the checks.
pub(super) fn expand(options: &ScheduledOptions, timing: &Timing, function: &Function) -> TokenStream {
    let conditions = cfg::conditions(&function.attrs);
    let import = options.crate_path.import_tasks();
    let task = &function.sig.ident;
    let task = quote!(<#task as __tasks::IsTask>::TASK);
    let schedule = match timing {
        Timing::Cron { text, cron } => {
            let cron = fields(cron);
            let zone = options.tz.as_ref().map_or_else(|| quote!("UTC"), |zone| quote!(#zone));
            quote!(cron(#task, #text, #cron, #zone))
        }
        Timing::Every(milliseconds) => {
            let milliseconds = Literal::u64_unsuffixed(*milliseconds);
            quote!(every(#task, #milliseconds))
        }
    };
    let missed = options.missed.map(|word| variant(word.value)).map(|it| quote!(.missed(__tasks::Missed::#it)));
    let overlap = options.overlap.map(|word| variant(word.value)).map(|it| quote!(.overlap(__tasks::Overlap::#it)));
    quote! {
        #conditions
        const _: () = {
            #import
            static SCHEDULE: __tasks::ScheduleDefinition =
                __tasks::ScheduleDefinition::#schedule #missed #overlap;
            __tasks::inventory::submit! { __tasks::ScheduleEntry(&SCHEDULE) }
        };
    }
}

/// Expands the fields of an expression: a bit for each value.
fn fields(cron: &Cron) -> TokenStream {
    let Cron { minutes, hours, days, months, weekdays, is_either_day, is_fixed } = cron;
    let [minutes, hours, days, months, weekdays] =
        [minutes, hours, days, months, weekdays].map(|bits| Literal::u64_unsuffixed(*bits));
    quote! {
        __tasks::Cron {
            minutes: #minutes,
            hours: #hours,
            days: #days,
            months: #months,
            weekdays: #weekdays,
            is_either_day: #is_either_day,
            is_fixed: #is_fixed,
        }
    }
}

/// Returns the variant of a word: `Last` for `last`.
fn variant(word: &str) -> Ident {
    Ident::new(&name::upper_camel_case(word), Span::call_site())
}

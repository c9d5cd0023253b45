//! The first page of a guest.

use maud::{Markup, html};

/// The file of the shown receiver.
const RECEIVERS: &str = include_str!("../receivers.rs");

pub(crate) fn page() -> Markup {
    let content = html! {
        section.hero {
            div {
                h1 { "Every request leaves a signal" }
                p.lead {
                    "The pages of this site record nothing. Receivers do: functions that are called for each request and each "
                    "log-in, and save a row of it. Sign up to see what they wrote, including this visit of yours."
                }
                p.actions {
                    a.button href="/sign-up" { "Sign up" }
                    a.button.quiet href="/log-in" { "Log in" }
                }
            }
            figure.card {
                pre tabindex="0" { code { (receiver("write_log_in")) } }
                figcaption.muted { "One of them, as it stands in the source. Nothing else names it." }
            }
        }
        section.cards {
            (card("Requests", "Each is written down when its last byte went out: its status, its time, its size, and how it ended."))
            (card("Failures", "The error behind a 500 reaches the receivers with its causes, and so does a panic. The visitor learns neither."))
            (card("Log-ins", "Who came, who left, and who was refused. Of credentials, receivers get what may be shown, and stars."))
        }
    };
    super::page("Welcome", &super::for_guests(), &content)
}

fn card(title: &str, text: &str) -> Markup {
    html! { article.card { h2 { (title) } p { (text) } } }
}

/// Returns the source of a receiver.
fn receiver(name: &str) -> Markup {
    let is_of = |item: &&str| item.contains(&format!("fn {name}("));
    let source = RECEIVERS.split("\n\n").find(is_of).unwrap_or_default();
    let (attribute, function) = source.split_once('\n').unwrap_or_default();
    html! { span.attribute { (attribute) } "\n" (function) }
}

//! Error pages.

use maud::{Markup, html};

use crate::models::User;

/// Returns the page of a failure, without its details.
pub(crate) fn failed() -> Markup {
    let why = "It is not your fault. A receiver got the error and saved it for the people who run this site.";
    apology("500", "Something went wrong", why, &html! {})
}

pub(crate) fn not_found(user: Option<&User>) -> Markup {
    let navigation = user.map_or_else(super::for_guests, super::for_users);
    apology("404", "There is no such page", "Receivers were called for this request too.", &navigation)
}

fn apology(status: &str, title: &str, why: &str, navigation: &Markup) -> Markup {
    let content = html! {
        section.card.narrow.apology {
            p.status { (status) }
            h1 { (title) }
            p { (why) }
            p.actions { a.button href="/" { "Back home" } }
        }
    };
    super::page(title, navigation, &content)
}

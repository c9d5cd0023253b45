//! The pages for browsers. `maud` escapes all input of users.

pub(crate) mod activity;
pub(crate) mod error;
pub(crate) mod form;
mod text;
pub(crate) mod welcome;

use maud::{DOCTYPE, Markup, html};

use crate::models::User;

/// Returns a whole page.
fn page(title: &str, navigation: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Signals" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                header {
                    a.brand href="/" { img src="/icon.svg" alt="" width="28" height="28"; "Signals" }
                    nav aria-label="Account" { (navigation) }
                }
                main { (content) }
                footer { "An example of the crate " code { "signals" } ". All that is listed here was written by receivers." }
            }
        }
    }
}

/// Returns the links for a guest.
fn for_guests() -> Markup {
    html! {
        a href="/log-in" { "Log in" }
        a.button href="/sign-up" { "Sign up" }
    }
}

fn for_users(user: &User) -> Markup {
    html! {
        span.who { (user.name) }
        form method="post" action="/log-out" { button.quiet { "Log out" } }
    }
}

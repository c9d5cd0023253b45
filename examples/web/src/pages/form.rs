//! The forms of guests.

use maud::{Markup, html};

use crate::accounts::{LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD};

/// Returns the form to sign up, with the previous name and its mistake.
pub(crate) fn sign_up(name: &str, problem: Option<&str>) -> Markup {
    let hint = format!("{SHORTEST_PASSWORD} letters at least; a phrase is fine.");
    let password = html! {
        input #password type="password" name="password" autocomplete="new-password" required
            minlength=(SHORTEST_PASSWORD) maxlength=(LONGEST_PASSWORD) aria-describedby="hint";
        small #hint { (hint) }
    };
    let other = html! { "Signed up already? " a href="/log-in" { "Log in" } };
    form("Sign up", "/sign-up", name, &password, problem, &other)
}

/// Returns the form to log in, with the previous name and its mistake.
pub(crate) fn log_in(name: &str, problem: Option<&str>) -> Markup {
    let password = html! {
        input #password type="password" name="password" autocomplete="current-password" required;
    };
    let other = html! { "New here? " a href="/sign-up" { "Sign up" } };
    form("Log in", "/log-in", name, &password, problem, &other)
}

fn form(title: &str, action: &str, name: &str, password: &Markup, problem: Option<&str>, other: &Markup) -> Markup {
    let content = html! {
        section.card.narrow {
            h1 { (title) }
            @if let Some(problem) = problem {
                p.problem role="alert" { (problem) }
            }
            form method="post" action=(action) {
                label for="name" { "Name" }
                input #name name="name" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false"
                    required maxlength=(LONGEST_NAME) autofocus[name.is_empty()];
                label for="password" { "Password" }
                (password)
                button { (title) }
            }
            p.muted { (other) }
        }
    };
    super::page(title, &super::for_guests(), &content)
}

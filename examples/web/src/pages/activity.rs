//! The records of receivers, for users.

use maud::{Markup, html};
use time::OffsetDateTime;

use super::text::{clock, duration, moment, size};
use crate::models::{LogIn, LogInEvent, Outcome, User, Visit};

/// Returns the page of a logged-in user.
pub(crate) fn page(user: &User, visits: &[Visit], log_ins: &[LogIn]) -> Markup {
    let content = html! {
        section.greeting {
            div {
                h1 { "Hello, " (user.name) }
                @if let Some(at) = user.last_login {
                    p.muted { "You logged in at " (time(at)) " UTC: a receiver stamped it on your row." }
                }
            }
            p.actions {
                a.button href="/" { "Look again" }
                a.button.quiet href="/crash" { "Crash" }
                a.button.quiet href="/panic" { "Panic" }
                a.button.quiet href="/nowhere" { "Get lost" }
            }
        }
        div.columns {
            section.card aria-labelledby="requests" {
                (heading("requests", "Requests", visits.len()))
                (self::visits(visits))
            }
            section.card aria-labelledby="log-ins" {
                (heading("log-ins", "Log-ins", log_ins.len()))
                (self::log_ins(log_ins))
            }
        }
    };
    super::page("What happened", &super::for_users(user), &content)
}

fn heading(id: &str, title: &str, rows: usize) -> Markup {
    html! { h2 id=(id) { (title) " " span.count { (rows) } } }
}

fn visits(visits: &[Visit]) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.visits {
                thead {
                    tr {
                        th { "Time" }
                        th { "Request" }
                        th { "Status" }
                        th { "Outcome" }
                        th.took { "Took" }
                        th.size { "Size" }
                        th { "User" }
                    }
                }
                tbody { @for visit in visits { (self::visit(visit)) } }
            }
        }
    }
}

fn visit(visit: &Visit) -> Markup {
    html! {
        tr {
            td.time { (time(visit.at)) }
            td.request title={ "request " (visit.request_id) } {
                span.method { (visit.method) } " " code { (visit.path) }
                @if let Some(error) = &visit.error { p.error { (error) } }
            }
            td.status { (status(visit.status)) }
            td.outcome { (outcome(visit.outcome)) }
            td.took { (duration(visit.microseconds)) }
            td.size { (size(visit.bytes)) }
            td.user { @if let Some(name) = &visit.user_name { (name) } @else { span.muted { "guest" } } }
        }
    }
}

/// Returns a status, colored by its first digit.
fn status(status: Option<i32>) -> Markup {
    let color = match status {
        Some(200..300) => "good",
        Some(300..400) => "plain",
        Some(400..500) => "warning",
        _ => "bad",
    };
    html! { span class={ "badge " (color) } { @if let Some(status) = status { (status) } @else { "none" } } }
}

fn outcome(outcome: Outcome) -> Markup {
    let (color, word) = match outcome {
        Outcome::Completed => ("plain", "completed"),
        Outcome::Aborted => ("warning", "aborted"),
        Outcome::Failed => ("bad", "failed"),
        Outcome::Panicked => ("bad", "panicked"),
    };
    html! { span class={ "badge " (color) } { (word) } }
}

fn log_ins(log_ins: &[LogIn]) -> Markup {
    html! {
        ol.log-ins.scroll tabindex="0" { @for log_in in log_ins { (self::log_in(log_in)) } }
    }
}

fn log_in(log_in: &LogIn) -> Markup {
    let (color, word) = match log_in.event {
        LogInEvent::LoggedIn => ("good", "logged in"),
        LogInEvent::LoggedOut => ("plain", "logged out"),
        LogInEvent::Failed => ("bad", "failed"),
    };
    html! {
        li {
            span.time { (time(log_in.at)) }
            span.name { (log_in.name) }
            span class={ "badge " (color) } { (word) }
            @if let Some(credentials) = &log_in.credentials { code { (credentials) } }
        }
    }
}

fn time(at: OffsetDateTime) -> Markup {
    html! { time datetime=(moment(at)) { (clock(at)) } }
}

//! Texts for cells: times relative to the present, and lines without control characters.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

/// The maximum number of characters of an error in a table.
const LONGEST: usize = 200;

/// Returns a time as "3 s ago", "in 5 m" or "now".
pub(crate) fn relative(time: i64, now: i64) -> String {
    let distance = Duration::from_millis(time.abs_diff(now));
    match distance.as_secs() {
        0 => "now".to_owned(),
        _ if time < now => format!("{} ago", short(distance)),
        _ => format!("in {}", short(distance)),
    }
}

/// Returns a duration in its largest unit, rounded, such as "90 s", "5 m", "3 h" or "2 d".
pub(crate) fn short(duration: Duration) -> String {
    let rounded = |seconds: u64, unit: u64| (seconds + unit / 2) / unit;
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} m", rounded(seconds, 60)),
        seconds @ 7_200..172_800 => format!("{} h", rounded(seconds, 3_600)),
        seconds => format!("{} d", rounded(seconds, 86_400)),
    }
}

/// Returns the text as one line, without control characters, which could change the terminal.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for (i, character) in text.chars().enumerate() {
        if i == LONGEST {
            line.push('…');
            break;
        }
        if character.is_control() { line.push(' ') } else { line.push(character) }
    }
    line
}

/// Returns the text without control characters other than line breaks.
pub(crate) fn lines(text: &str) -> String {
    let keep = |character: char| if character.is_control() && character != '\n' { ' ' } else { character };
    text.chars().map(keep).collect()
}

/// Returns JSON on one line. Control characters are only in its strings, and are escaped there.
pub(crate) fn json(value: &Value) -> String {
    let mut json = String::new();
    for character in value.to_string().chars() {
        if character.is_control() {
            // A String takes every text.
            let _ = write!(json, "\\u{:04x}", u32::from(character));
        } else {
            json.push(character);
        }
    }
    json
}

/// Returns a number of runs, with the verb of the sentence: "1 run was" or "2 runs were".
pub(crate) fn runs_were(count: u64) -> String {
    match count {
        1 => "1 run was".to_owned(),
        count => format!("{count} runs were"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative() {
        let at = |seconds: i64| relative(seconds * 1_000, 0);
        let shown = [-300_000, -200, -3, 0, 90, 300, 8_000].map(at);
        assert_eq!(shown, ["3 d ago", "3 m ago", "3 s ago", "now", "in 90 s", "in 5 m", "in 2 h"]);
    }

    #[test]
    fn a_cell_has_one_line_without_control_characters() {
        assert_eq!(line("a\nb\x1b[31mc"), "a b [31mc");
        assert_eq!(line(&"x".repeat(500)).chars().count(), LONGEST + 1);
        assert_eq!(lines("a\nb\x1b[31m"), "a\nb [31m");
    }

    #[test]
    fn json_keeps_control_characters_in_an_escaped_form() {
        let value = serde_json::json!({ "error": "a\x1b\u{9b}31m\u{7f}" });
        let printed = json(&value);
        assert!(!printed.chars().any(char::is_control), "{printed:?}");
        assert_eq!(serde_json::from_str::<Value>(&printed).ok(), Some(value));
    }
}

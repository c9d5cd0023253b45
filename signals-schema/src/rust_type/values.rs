//! The types of fields for the values of SQLite, which keeps any value in any column.

use super::{
    BOOL, BYTES, DATE, DATE_TIME, F64, I64, IN_DATETIME, IN_DAYS, IN_MILLIS, IN_SECONDS, Known, MOMENT, STRING, TIME,
};
use crate::description::Sample;

/// Returns the type for these values, or the declared one if there are none, or if they are of several kinds.
pub(super) fn of_values(declared: Known, samples: &[Sample]) -> Known {
    let all = |kinds: &[&str]| samples.iter().all(|sample| kinds.contains(&&*sample.kind));
    let is_flag = |sample: &Sample| ["0", "1"].contains(&&*sample.text);
    if samples.is_empty() {
        declared
    } else if [DATE, TIME, DATE_TIME].contains(&declared) {
        if all(&["text"]) {
            of_texts(declared, samples)
        } else if declared != TIME && all(&["integer"]) {
            of_integers(samples)
        } else if declared != TIME && all(&["real"]) {
            IN_DAYS
        } else {
            declared
        }
    } else if all(&["integer"]) {
        let is_kept = [I64, F64].contains(&declared) || declared == BOOL && samples.iter().all(is_flag);
        if is_kept { declared } else { I64 }
    } else if all(&["integer", "real"]) {
        F64
    } else if all(&["blob"]) {
        BYTES
    } else if all(&["text"]) && [I64, F64, BOOL, BYTES].contains(&declared) {
        STRING
    } else {
        declared
    }
}

/// Returns the type of dates and times as texts.
fn of_texts(declared: Known, samples: &[Sample]) -> Known {
    let all = |is_it: fn(&str) -> bool| samples.iter().all(|sample| is_it(&sample.text));
    if declared == TIME && all(is_time) || declared == DATE && all(|text| is_like(text, "0000-00-00")) {
        declared
    } else if all(is_of_django) {
        IN_DATETIME
    } else if all(|text| is_like(without_digits(text), "0000-00-00 00:00:00")) {
        DATE_TIME
    } else if all(is_with_zone) {
        MOMENT
    } else {
        STRING
    }
}

fn is_time(text: &str) -> bool {
    is_like(without_digits(text), "00:00:00") || is_like(text, "00:00")
}

/// Returns whether Django or Rails may have written it: six digits after the point or none. sqlx also writes three and
/// nine.
fn is_of_django(text: &str) -> bool {
    is_like(text, "0000-00-00 00:00:00") || is_like(text, "0000-00-00 00:00:00.000000")
}

fn is_with_zone(text: &str) -> bool {
    text.strip_suffix("+00:00").is_some_and(|text| is_like(without_digits(text), "0000-00-00T00:00:00"))
}

/// Returns the type of moments as numbers: seconds since 1970, or milliseconds beyond the year 5138.
fn of_integers(samples: &[Sample]) -> Known {
    let is_large = |sample: &Sample| sample.text.trim_start_matches('-').len() > 11;
    if samples.iter().all(is_large) { IN_MILLIS } else { IN_SECONDS }
}

/// Returns a time without the digits after its point.
fn without_digits(text: &str) -> &str {
    text.split_once('.')
        .filter(|(_, digits)| digits.bytes().all(|it| it.is_ascii_digit()))
        .map_or(text, |(whole, _)| whole)
}

/// Returns whether a text has this pattern, in which 0 is any digit.
fn is_like(text: &str, pattern: &str) -> bool {
    let is_same = |(letter, wanted): (u8, u8)| if wanted == b'0' { letter.is_ascii_digit() } else { letter == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_decide_what_a_declared_type_does_not() {
        for (declared, kind, text, expected) in [
            (DATE_TIME, "text", "2024-01-02 03:04:05", IN_DATETIME),
            (DATE_TIME, "text", "2024-01-02 03:04:05.500000", IN_DATETIME),
            (DATE_TIME, "text", "2024-01-02 03:04:05.500", DATE_TIME),
            (DATE_TIME, "text", "2024-01-02T03:04:05.5+00:00", MOMENT),
            (DATE_TIME, "text", "01/02/2024", STRING),
            (DATE_TIME, "integer", "1704164645", IN_SECONDS),
            (DATE_TIME, "integer", "1704164645678", IN_MILLIS),
            (DATE_TIME, "real", "2460311.62784", IN_DAYS),
            (DATE, "text", "2024-01-02", DATE),
            (DATE, "text", "2024-01-02 00:00:00", IN_DATETIME),
            (TIME, "text", "10:11:12.5", TIME),
            (STRING, "integer", "2006", I64),
            (STRING, "text", "2006", STRING),
            (STRING, "real", "1.5", F64),
            (STRING, "blob", "", BYTES),
            (F64, "integer", "5", F64),
            (F64, "text", "five", STRING),
            (I64, "real", "1.5", F64),
            (BOOL, "integer", "1", BOOL),
            (BOOL, "integer", "2", I64),
            (BOOL, "text", "t", STRING),
        ] {
            let sample = Sample { kind: kind.to_owned(), text: text.to_owned() };
            assert_eq!(of_values(declared, &[sample]), expected, "{kind} {text}");
        }
        assert_eq!(of_values(DATE_TIME, &[]), DATE_TIME);
    }
}

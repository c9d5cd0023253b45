//! The form of the header `traceparent`.

/// The length of a header of version 00.
const LENGTH: usize = 55;

/// Returns whether a value has the form that the W3C defines: a version, the ids of a trace and of a span, and
/// flags.
pub(super) fn is_traceparent(value: &str) -> bool {
    let mut parts = value.split('-');
    let mut next = |length| parts.next().filter(|part| part.len() == length && part.bytes().all(is_hex));
    let (Some(version), Some(trace), Some(span), Some(_flags)) = (next(2), next(32), next(16), next(2)) else {
        return false;
    };
    let is_id = |id: &str| id.bytes().any(|digit| digit != b'0');
    // A later version may have more parts.
    version != "ff" && is_id(trace) && is_id(span) && (version != "00" || value.len() == LENGTH)
}

fn is_hex(digit: u8) -> bool {
    matches!(digit, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::is_traceparent;

    #[test]
    fn only_values_of_the_form_of_the_w3c_are_accepted() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for good in [format!("00-{trace}-{span}-01"), format!("cc-{trace}-{span}-01-more")] {
            assert!(is_traceparent(&good), "{good}");
        }
        let (no_trace, no_span) = ("0".repeat(32), "0".repeat(16));
        for bad in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{trace}-{span}-01-"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{no_trace}-{span}-01"),
            format!("00-{trace}-{no_span}-01"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{span}-{trace}-01"),
            format!("00-{trace}-{span}-0\0"),
            format!("00-{trace}-{span}-é"),
        ] {
            assert!(!is_traceparent(&bad), "{bad}");
        }
    }
}

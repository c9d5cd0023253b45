//! Reads cron expressions. The program gets the sets of values, and reads no expression itself.

use crate::suggest;

/// The values of each field, as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    pub(super) minutes: u64,
    pub(super) hours: u64,
    /// From bit 1. Bit 0 is the last day of the month.
    pub(super) days: u64,
    /// From bit 1.
    pub(super) months: u64,
    /// From Sunday.
    pub(super) weekdays: u64,
    /// Whether a day matches by its number or by its weekday, and not by both.
    pub(super) is_either_day: bool,
    /// Whether the minute and the hour are times of day, without `*` and steps.
    pub(super) is_fixed: bool,
}

/// A field of an expression.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// The names of the values, from `min`.
    names: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: Field = Field { name: "hour", min: 0, max: 23, names: &[] };
const DAY: Field = Field { name: "day of the month", min: 1, max: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// 0 and 7 are Sunday.
const WEEKDAY: Field =
    Field { name: "weekday", min: 0, max: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The words for whole expressions.
const WORDS: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];
/// The greatest length of each month, from January.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Cron {
    /// Reads an expression of five fields, or a word such as `@daily`. Returns the text of the mistake.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('@') {
            let found = WORDS.iter().find(|(word, _)| *word == text);
            let words = || suggest::words(WORDS.iter().map(|(word, _)| *word));
            let (_, meant) = found.ok_or_else(|| format!("unknown word `{text}`; the words are {}", words()))?;
            return Self::parse(meant);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!(
                "a cron expression has 5 fields (minute, hour, day of the month, month, weekday), and this one has {}; \
                 write `cron = \"*/5 * * * *\"`",
                fields.len()
            ));
        };
        let weekdays = WEEKDAY.parse(weekday)?;
        let cron = Self {
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: days(day)?,
            months: MONTH.parse(month)?,
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            is_either_day: !day.starts_with('*') && !weekday.starts_with('*'),
            is_fixed: ![minute, hour].iter().any(|field| field.contains(['*', '/'])),
        };
        cron.check(day, month)
    }

    /// Refuses days that no month has.
    fn check(self, day: &str, month: &str) -> Result<Self, String> {
        let has_day =
            |(month, length): (u64, &u32)| self.months >> month & 1 == 1 && self.days & bits(0, *length, 1) != 0;
        if self.is_either_day || (1..).zip(&LENGTHS).any(has_day) {
            return Ok(self);
        }
        let problem = format!("the month `{month}` has no day `{day}`, so this never runs");
        Err(format!("{problem}; write `L` for the last day of the month"))
    }
}

/// Reads the days of the month, one of which may be `L`.
fn days(text: &str) -> Result<u64, String> {
    let (last, others): (Vec<&str>, Vec<&str>) = text.split(',').partition(|entry| entry.eq_ignore_ascii_case("L"));
    let last = u64::from(!last.is_empty());
    if others.is_empty() { Ok(last) } else { Ok(last | DAY.parse(&others.join(","))?) }
}

/// Returns the bits from `first` to `last`, at intervals.
fn bits(first: u32, last: u32, step: usize) -> u64 {
    (first..=last).step_by(step).fold(0, |bits, value| bits | 1 << value)
}

impl Field {
    /// Reads a list of values and ranges.
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',').try_fold(0, |bits, entry| Ok(bits | self.entry(entry)?))
    }

    /// Reads `*`, a value or a range, with a step or without one.
    fn entry(&self, text: &str) -> Result<u64, String> {
        let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
        let (first, last) = match range.split_once('-') {
            // As a weekday, `*` is 0 to 6.
            None if range == "*" => (self.min, self.max.min(if self.name == WEEKDAY.name { 6 } else { self.max })),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None => {
                let value = self.value(range)?;
                if let Some(step) = step {
                    return Err(format!("a step needs `*` or a range; write `{range}-{}/{step}`", self.max));
                }
                (value, value)
            }
        };
        if last < first {
            return Err(format!("the range `{range}` ends before it begins; write two ranges, with a comma"));
        }
        Ok(bits(first, last, self.step(step, last - first)?))
    }

    fn step(&self, text: Option<&str>, length: u32) -> Result<usize, String> {
        let Some(text) = text else { return Ok(1) };
        let step = number(text).filter(|step| *step > 0);
        let step = step.ok_or_else(|| format!("the step `{text}` is not a whole number from 1"))?;
        if length == 0 {
            return Err(format!("a range of one value of the {} has no step; leave `/{text}` out", self.name));
        }
        if step > length {
            return Err(format!(
                "a step of {step} is longer than the values of the {}; write a step up to {length}, or an interval \
                 such as `every = \"90m\"`",
                self.name
            ));
        }
        Ok(usize::try_from(step).unwrap_or(usize::MAX))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let is_name = |(_, name): &(u32, &&str)| name.eq_ignore_ascii_case(text);
        if let Some((value, _)) = (self.min..).zip(self.names).find(is_name) {
            return Ok(value);
        }
        number(text).filter(|value| (self.min..=self.max).contains(value)).ok_or_else(|| {
            let Self { name, min, max, names } = self;
            let named = match names {
                [first, .., last] => format!(", or `{first}` to `{last}`"),
                _ => String::new(),
            };
            format!("the {name} `{text}` is unknown; write a number from {min} to {max}{named}")
        })
    }
}

/// Reads digits without a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may fail loudly")]

    use super::*;

    fn values(bits: u64) -> Vec<u32> {
        (0..64).filter(|value| bits >> value & 1 == 1).collect()
    }

    fn parsed(text: &str) -> Cron {
        Cron::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
    }

    #[test]
    fn fields_are_sets_of_values() {
        let cron = parsed("*/20,7 8-10,22 1,31,L jan,MAR-apr 1-5,7");
        assert_eq!(values(cron.minutes), [0, 7, 20, 40]);
        assert_eq!(values(cron.hours), [8, 9, 10, 22]);
        assert_eq!(values(cron.days), [0, 1, 31]);
        assert_eq!(values(cron.months), [1, 3, 4]);
        assert_eq!(values(cron.weekdays), [0, 1, 2, 3, 4, 5]);
        assert_eq!(values(parsed("0 0 * * *").weekdays), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(values(parsed("0 0 * * */2").weekdays), [0, 2, 4, 6]);
        assert_eq!(values(parsed("0 0 * * fri-7").weekdays), [0, 5, 6]);
        assert_eq!(values(parsed("10-50/15 0 * * *").minutes), [10, 25, 40]);
        assert_eq!(parsed("@weekly"), parsed("0  0 * * sun"));
    }

    #[test]
    fn lists_and_ranges_are_fixed_and_steps_are_not() {
        for fixed in ["30 2 * * *", "0,30 2,14 * * *", "0-5 1-3 */2 * *"] {
            assert!(parsed(fixed).is_fixed, "{fixed}");
        }
        for real in ["* * * * *", "*/15 * * * *", "0 * * * *", "30 */2 * * *", "0-30/10 2 * * *", "* 2 * * *"] {
            assert!(!parsed(real).is_fixed, "{real}");
        }
    }

    #[test]
    fn a_day_matches_by_either_of_two_restricted_fields() {
        assert!(parsed("0 0 13 * fri").is_either_day);
        for both in ["0 0 13 * *", "0 0 * * fri", "0 0 */2 * fri", "0 0 13 * */2"] {
            assert!(!parsed(both).is_either_day, "{both}");
        }
    }

    #[test]
    fn days_that_never_come_are_refused() {
        for wrong in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 feb *"] {
            assert!(Cron::parse(wrong).is_err_and(|said| said.contains("never runs")), "{wrong}");
        }
        for right in ["0 0 29 2 *", "0 0 31 * *", "0 0 30 2 mon", "0 0 L 2 *"] {
            parsed(right);
        }
    }
}

//! The syntax of a schedule.

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, LitStr, Result, Token};

use crate::attr::{self, Reader, WrittenKeys};
use crate::crate_path::CratePath;
use crate::keys::{self, Key};
use crate::sink::Sink;
use crate::suggest;

use super::cron::Cron;
use super::zones;

/// The word with which `#[task]` marks a `#[scheduled(..)]` below it.
pub(super) const MARK: &str = "__task";

/// The shortest interval, in milliseconds. Each tick is a transaction.
const SHORTEST: u64 = 100;

/// The contents of `#[scheduled(..)]`.
#[derive(Default)]
pub(super) struct ScheduledOptions {
    pub(super) timing: Option<Timing>,
    pub(super) tz: Option<LitStr>,
    pub(super) missed: Option<Word>,
    pub(super) overlap: Option<Word>,
    pub(super) crate_path: CratePath,
    /// Whether `#[task]` is above it, and has expanded.
    pub(super) is_below_task: bool,
    pub(super) written: WrittenKeys,
    /// Whether a mistake was reported.
    pub(super) is_refused: bool,
}

/// The times of a schedule.
pub(super) enum Timing {
    Cron {
        text: String,
        cron: Cron,
    },
    /// In milliseconds.
    Every(u64),
}

/// One of a few values, with its span.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) value: &'static str,
    pub(super) span: Span,
}

impl ScheduledOptions {
    /// Reads the attribute's arguments.
    pub(super) fn read(args: TokenStream, sink: &mut Sink) -> Self {
        let mut options = Self::default();
        let mut mistakes = Sink::default();
        let parser = |input: ParseStream<'_>| {
            options.is_below_task = take_mark(input)?;
            Reader::new(&keys::SCHEDULED, &mut mistakes)
                .list(input, |key, word: Ident, input| options.take(key, word, input));
            Ok(())
        };
        let read = parser.parse2(args);
        mistakes.ok(read);
        if let Err(error) = mistakes.into_result() {
            options.is_refused = true;
            sink.absorb(error);
        }
        options
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        self.written.push(key, word);
        match key {
            keys::CRON => self.timing = Some(cron(input)?),
            keys::EVERY => self.timing = Some(every(input)?),
            keys::TZ => self.tz = Some(zone(input)?),
            keys::MISSED => self.missed = Some(Word::read(key, &["all", "last", "skip"], input)?),
            keys::OVERLAP => self.overlap = Some(Word::read(key, &["skip", "queue", "allow"], input)?),
            keys::CRATE => self.crate_path = CratePath::at(attr::path(key, input)?),
            _ => {}
        }
        Ok(())
    }
}

/// Reads the mark of `#[task]`, if it is there.
fn take_mark(input: ParseStream<'_>) -> Result<bool> {
    let is_marked = input.fork().parse::<Ident>().is_ok_and(|word| word == MARK);
    if is_marked {
        input.parse::<Ident>()?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(is_marked)
}

fn every(input: ParseStream<'_>) -> Result<Timing> {
    let span = input.span();
    let milliseconds = attr::duration(keys::EVERY, input)?;
    if milliseconds < SHORTEST {
        return Err(Error::new(span, "an interval is at least 100 ms; write `every = \"100ms\"` or more"));
    }
    Ok(Timing::Every(milliseconds))
}

fn cron(input: ParseStream<'_>) -> Result<Timing> {
    let literal = attr::string(keys::CRON, input)?;
    let text = literal.value();
    let cron = Cron::parse(&text).map_err(|mistake| Error::new(literal.span(), mistake))?;
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(Timing::Cron { text: words.join(" "), cron })
}

fn zone(input: ParseStream<'_>) -> Result<LitStr> {
    let literal = attr::string(keys::TZ, input)?;
    let written = literal.value();
    if zones::is_known(&written) {
        return Ok(literal);
    }
    let hint = zones::nearest(&written).map_or_else(
        || format!("write a name of the IANA database: `{}`", keys::TZ.usage),
        |zone| format!("did you mean `{zone}`?"),
    );
    Err(Error::new(literal.span(), format!("unknown time zone `{written}`; {hint}")))
}

impl Word {
    fn read(key: Key, values: &[&'static str], input: ParseStream<'_>) -> Result<Self> {
        let literal = attr::string(key, input)?;
        let (written, span) = (literal.value(), literal.span());
        if let Some(value) = values.iter().find(|value| **value == written) {
            return Ok(Self { value, span });
        }
        let hint = suggest::nearest_word(&written, values.iter().copied());
        let hint = hint.map(|meant| format!("did you mean `{} = \"{meant}\"`? ", key.name)).unwrap_or_default();
        let values = suggest::words(values.iter().copied());
        Err(Error::new(span, format!("unknown value `{written}` of `{}`; {hint}the values are {values}", key.name)))
    }
}

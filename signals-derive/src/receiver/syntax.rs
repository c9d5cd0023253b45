//! The syntax of a receiver.

mod run;
mod transition;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitStr, Path, Result, Token, Type, bracketed, token};

use crate::attr::{self, Number, Reader};
use crate::crate_path::CratePath;
use crate::keys::{self, Form, Key};
use crate::sink::Sink;

pub(super) use run::{Durable, RunOptions};
pub(super) use transition::{Side, Transition};

/// The advice if the signal is missing.
const NAME_THE_SIGNAL: &str = "name the signal first: `#[receiver(post_save, sender = User)]`";

/// The contents of `#[receiver(..)]`.
#[derive(Default)]
pub(super) struct ReceiverOptions {
    pub(super) signals: Vec<Path>,
    pub(super) sender: Option<Type>,
    /// The word `sender`, even if a mistake follows it.
    pub(super) sender_key: Option<Ident>,
    pub(super) priority: Option<Number>,
    pub(super) uid: Option<LitStr>,
    pub(super) robust: Option<Ident>,
    pub(super) raw: Option<Ident>,
    pub(super) set: Option<Ident>,
    pub(super) on_commit: Option<Ident>,
    pub(super) on_rollback: Option<Ident>,
    pub(super) each: Option<Ident>,
    pub(super) changed: Option<Condition<Ident>>,
    pub(super) when: Option<Condition<Transition>>,
    pub(super) durable: Option<Durable>,
    pub(super) run: RunOptions,
    pub(super) crate_path: CratePath,
}

/// A condition for a row, with its word.
pub(super) struct Condition<T> {
    pub(super) word: Ident,
    pub(super) entries: Vec<T>,
}

impl ReceiverOptions {
    /// Reads the attribute's arguments.
    pub(super) fn read(args: TokenStream, sink: &mut Sink) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream<'_>| {
            options.signals(input, sink);
            let mut reader = Reader::new(&keys::RECEIVER, sink);
            reader.list(input, |key, word, input| options.take(key, word, input));
            Ok(())
        };
        let read = parser.parse2(args);
        sink.ok(read);
        options
    }

    /// Reads the signals at the start, with the comma after them.
    fn signals(&mut self, input: ParseStream<'_>, sink: &mut Sink) {
        if starts_with_key(input) {
            sink.push_at(input.span(), NAME_THE_SIGNAL);
            if !attr::starts_with_known(&keys::RECEIVER, input) {
                // `signal = post_save` or similar, which is already reported.
                skip_with_comma(input);
            }
            return;
        }
        match signals(input) {
            Ok(signals) => self.signals = signals,
            Err(error) => {
                sink.absorb(error);
                skip_with_comma(input);
            }
        }
    }
}

impl ReceiverOptions {
    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        match key {
            keys::SENDER => {
                self.sender_key = Some(word);
                self.sender = Some(sender(key, input)?);
            }
            keys::PRIORITY => self.priority = Some(Number::read(key, input)?),
            keys::UID => self.uid = Some(attr::string(key, input)?),
            keys::ROBUST => self.robust = Some(word),
            keys::RAW => self.raw = Some(word),
            keys::SET => self.set = Some(word),
            keys::ON_COMMIT => self.on_commit = Some(word),
            keys::ON_ROLLBACK => self.on_rollback = Some(word),
            keys::EACH => self.each = Some(word),
            keys::CHANGED => self.changed = Some(Condition { word, entries: attr::names(key, input)? }),
            keys::WHEN => self.when = Some(Condition { word, entries: transition::list(input)? }),
            keys::DURABLE => self.durable = Some(Durable::read(word, input)?),
            keys::CRATE => self.crate_path = CratePath::at(attr::path(key, input)?),
            _ => self.run.take(key, word, input)?,
        }
        Ok(())
    }
}

fn skip_with_comma(input: ParseStream<'_>) {
    attr::skip_entry(input);
    // The comma, unless the end was reached.
    let _: Result<Token![,]> = input.parse();
}

/// Returns whether the list of keys begins in place of a signal.
fn starts_with_key(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else {
        return ahead.is_empty();
    };
    let ends = ahead.is_empty() || ahead.peek(Token![,]);
    let is_list = ahead.peek(token::Paren);
    let is_key = |key: &Key| {
        let is_given = match key.form {
            Form::Flag => ends,
            Form::FlagOrList => ends || is_list,
            Form::Value | Form::List | Form::Lists => is_list,
        };
        word == key.name && is_given
    };
    ahead.peek(Token![=]) || keys::RECEIVER.known.iter().chain(keys::RECEIVER.unlisted).any(is_key)
}

fn signals(input: ParseStream<'_>) -> Result<Vec<Path>> {
    let signals = if input.peek(token::Bracket) {
        let list;
        let bracket = bracketed!(list in input);
        let signals = Punctuated::<Path, Token![,]>::parse_terminated_with(&list, signal)?;
        if signals.is_empty() {
            return Err(Error::new(bracket.span.join(), NAME_THE_SIGNAL));
        }
        signals.into_iter().collect()
    } else {
        vec![signal(input)?]
    };
    attr::comma_after("the signal", input)?;
    Ok(signals)
}

fn sender(key: Key, input: ParseStream<'_>) -> Result<Type> {
    if input.peek(token::Bracket) {
        let message =
            "a receiver is called for one model or for all; write a receiver for each model, or leave `sender` out";
        return Err(input.error(message));
    }
    attr::ty(key, input)
}

fn signal(input: ParseStream<'_>) -> Result<Path> {
    attr::parse_or(input, Path::parse_mod_style, |span| Error::new(span, NAME_THE_SIGNAL))
}

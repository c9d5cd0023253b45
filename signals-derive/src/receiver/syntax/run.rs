//! The options of a durable receiver, whose calls are runs of a task.

use proc_macro2::Span;
use syn::parse::{Parse as _, ParseStream};
use syn::{Error, Ident, LitStr, Result, token};

use crate::attr::{self, Number, WrittenKeys};
use crate::keys::{self, Key};

/// The word `durable`, with `snapshot` if it is given.
pub(in crate::receiver) struct Durable {
    pub(in crate::receiver) word: Ident,
    pub(in crate::receiver) snapshot: Option<Ident>,
}

impl Durable {
    pub(super) fn read(word: Ident, input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(token::Paren) {
            return Ok(Self { word, snapshot: None });
        }
        let refuse = |span: Span| Error::new(span, "`durable` takes only `snapshot`; write `durable(snapshot)`");
        let snapshot = attr::list(input, |input| {
            let snapshot: Ident = attr::parse_or(input, Ident::parse, refuse)?;
            if snapshot == "snapshot" { Ok(snapshot) } else { Err(refuse(snapshot.span())) }
        })?;
        Ok(Self { word, snapshot: Some(snapshot) })
    }
}

/// The options of the runs.
#[derive(Default)]
pub(in crate::receiver) struct RunOptions {
    /// The given options, with their words.
    pub(in crate::receiver) words: WrittenKeys,
    pub(in crate::receiver) queue: Option<LitStr>,
    pub(in crate::receiver) max_attempts: Option<Number>,
    /// In milliseconds, like the other durations.
    pub(in crate::receiver) backoff: Option<u64>,
    pub(in crate::receiver) timeout: Option<u64>,
    pub(in crate::receiver) aliases: Vec<LitStr>,
    pub(in crate::receiver) debounce: Option<u64>,
    pub(in crate::receiver) max_wait: Option<u64>,
}

impl RunOptions {
    pub(super) fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        match key {
            keys::QUEUE => self.queue = Some(attr::string(key, input)?),
            keys::MAX_ATTEMPTS => self.max_attempts = Some(Number::read(key, input)?),
            keys::BACKOFF => self.backoff = Some(attr::duration(key, input)?),
            keys::TIMEOUT => self.timeout = Some(attr::duration(key, input)?),
            keys::ALIASES => self.aliases = attr::strings(key, input)?,
            keys::DEBOUNCE => self.debounce = Some(attr::duration(key, input)?),
            keys::MAX_WAIT => self.max_wait = Some(attr::duration(key, input)?),
            // `coalesce` and `parallel` have no value.
            _ => {}
        }
        self.words.push(key, word);
        Ok(())
    }
}

//! The syntax of a task.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Result};

use crate::attr::{self, Number, Reader};
use crate::crate_path::CratePath;
use crate::keys::{self, Key};
use crate::sink::Sink;

/// The contents of `#[task(..)]`.
#[derive(Default)]
pub(super) struct TaskOptions {
    pub(super) name: Option<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) queue: Option<LitStr>,
    pub(super) priority: Option<Number>,
    pub(super) max_attempts: Option<Number>,
    /// In milliseconds.
    pub(super) backoff: Option<u64>,
    /// In milliseconds.
    pub(super) timeout: Option<u64>,
    /// The word of a function that runs on a thread of its own.
    pub(super) blocking: Option<Ident>,
    /// The names of arguments that are never shown.
    pub(super) sensitive: Vec<Ident>,
    pub(super) crate_path: CratePath,
}

impl TaskOptions {
    /// Reads the attribute's arguments.
    pub(super) fn read(args: TokenStream, sink: &mut Sink) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream<'_>| {
            Reader::new(&keys::TASK, sink).list(input, |key, word: Ident, input| options.take(key, word, input));
            Ok(())
        };
        let read = parser.parse2(args);
        sink.ok(read);
        options
    }

    fn take(&mut self, key: Key, word: Ident, input: ParseStream<'_>) -> Result<()> {
        match key {
            keys::NAME => self.name = Some(attr::string(key, input)?),
            keys::ALIASES => self.aliases = attr::strings(key, input)?,
            keys::QUEUE => self.queue = Some(attr::string(key, input)?),
            keys::PRIORITY => self.priority = Some(Number::read(key, input)?),
            keys::MAX_ATTEMPTS => self.max_attempts = Some(Number::read(key, input)?),
            keys::BACKOFF => self.backoff = Some(attr::duration(key, input)?),
            keys::TIMEOUT => self.timeout = Some(attr::duration(key, input)?),
            keys::BLOCKING => self.blocking = Some(word),
            keys::SENSITIVE => self.sensitive = attr::names(key, input)?,
            keys::CRATE => self.crate_path = CratePath::at(attr::path(key, input)?),
            _ => {}
        }
        Ok(())
    }
}

//! What a delete does to the rows that reference what is deleted.

use syn::parse::ParseStream;
use syn::{Error, Ident, Result};

use crate::attr;
use crate::keys::Key;
use crate::suggest;

/// One of the words that `on_delete` takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDelete {
    Cascade,
    Protect,
    Restrict,
    SetNull,
    SetDefault,
    DoNothing,
    Database,
}

const WORDS: &[(&str, OnDelete)] = &[
    ("cascade", OnDelete::Cascade),
    ("protect", OnDelete::Protect),
    ("restrict", OnDelete::Restrict),
    ("set_null", OnDelete::SetNull),
    ("set_default", OnDelete::SetDefault),
    ("do_nothing", OnDelete::DoNothing),
    ("database", OnDelete::Database),
];

impl OnDelete {
    /// Reads one of the words, and returns it too.
    pub(super) fn read(key: Key, input: ParseStream<'_>) -> Result<(Self, Ident)> {
        let word = attr::word(key, input)?;
        if let Some((_, meant)) = WORDS.iter().find(|(known, _)| word == known) {
            return Ok((*meant, word));
        }
        let known = || WORDS.iter().map(|(known, _)| *known);
        let all = suggest::words(known());
        // Django writes it in capitals.
        let message = match suggest::nearest_word(&word.to_string().to_lowercase(), known()) {
            Some(near) => format!("unknown `on_delete`; did you mean `on_delete = {near}`? the words are {all}"),
            None => format!("unknown `on_delete`; the words are {all}"),
        };
        Err(Error::new_spanned(word, message))
    }
}

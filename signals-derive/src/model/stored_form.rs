//! The forms in which SQLite keeps moments and UUIDs.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::parse::ParseStream;
use syn::{Error, Result};

use crate::attr;
use crate::keys::Key;
use crate::suggest;

/// The words of `sqlite`, each with the library's type for the form.
const WORDS: &[(&str, &str)] = &[
    ("datetime", "DateTime"),
    ("unix_seconds", "UnixSeconds"),
    ("unix_millis", "UnixMillis"),
    ("julian_day", "JulianDay"),
    ("hyphenated", "Hyphenated"),
    ("simple", "Simple"),
];

/// One of the words of `sqlite`.
pub(crate) struct StoredForm {
    ty: &'static str,
    word: Ident,
}

impl StoredForm {
    /// Reads one of the words.
    pub(in crate::model) fn read(key: Key, input: ParseStream<'_>) -> Result<Self> {
        let word = attr::word(key, input)?;
        if let Some((_, ty)) = WORDS.iter().find(|(known, _)| word == known) {
            return Ok(Self { ty, word });
        }
        let known = || WORDS.iter().map(|(known, _)| *known);
        let all = suggest::words(known());
        let message = match suggest::nearest_word(&word.to_string(), known()) {
            Some(near) => format!("unknown form; did you mean `sqlite = {near}`? the forms are {all}"),
            None => format!("unknown form; the forms are {all}"),
        };
        Err(Error::new_spanned(word, message))
    }

    /// Returns the name of the library's type.
    pub(crate) fn ty(&self) -> Ident {
        format_ident!("{}", self.ty, span = Span::call_site())
    }

    /// Returns the position of the word.
    pub(crate) fn span(&self) -> Span {
        self.word.span()
    }
}

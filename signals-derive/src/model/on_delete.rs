//! The actions of a delete for the rows that reference a deleted row.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Error, Ident, Result};

use crate::attr;
use crate::keys::Key;
use crate::suggest;

/// Declares the words of `on_delete`, each with its variant of the library's `OnDelete`.
macro_rules! on_delete {
    ($($word:literal => $variant:ident,)*) => {
        /// One of the words of `on_delete`.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum OnDelete {
            $($variant,)*
        }

        const WORDS: &[(&str, OnDelete)] = &[$(($word, OnDelete::$variant),)*];

        /// The name of the variant.
        impl ToTokens for OnDelete {
            fn to_tokens(&self, tokens: &mut TokenStream) {
                tokens.extend(match self {
                    $(Self::$variant => quote!($variant),)*
                });
            }
        }
    };
}

on_delete! {
    "cascade" => Cascade,
    "protect" => Protect,
    "restrict" => Restrict,
    "set_null" => SetNull,
    "set_default" => SetDefault,
    "do_nothing" => DoNothing,
    "database" => Database,
}

impl OnDelete {
    /// Reads one of the words, and also returns its token.
    pub(in crate::model) fn read(key: Key, input: ParseStream<'_>) -> Result<(Self, Ident)> {
        let word = attr::word(key, input)?;
        if let Some((_, meant)) = WORDS.iter().find(|(known, _)| word == known) {
            return Ok((*meant, word));
        }
        let known = || WORDS.iter().map(|(known, _)| *known);
        let all = suggest::words(known());
        // Django writes them in capitals.
        let message = match suggest::nearest_word(&word.to_string().to_lowercase(), known()) {
            Some(near) => format!("unknown `on_delete`; did you mean `on_delete = {near}`? the values are {all}"),
            None => format!("unknown `on_delete`; the values are {all}"),
        };
        Err(Error::new_spanned(word, message))
    }
}

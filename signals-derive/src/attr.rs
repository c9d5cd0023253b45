//! The common grammar of all attributes: `key`, `key = value`, and commas between them.

mod value;

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Meta, Result, Token, token};

use crate::crate_path::CratePath;
use crate::keys::{Form, Key, Keys};
use crate::sink::Sink;
use crate::suggest;

pub(crate) use value::{
    Number, boolean, default_sql, duration, entries, list, lists_of_names, names, needs, parse_or, path, string,
    strings, ty, word,
};

/// The keys of an attribute, each with the word for error positions.
#[derive(Default)]
pub(crate) struct WrittenKeys(Vec<(Key, Ident)>);

impl WrittenKeys {
    pub(crate) fn push(&mut self, key: Key, word: Ident) {
        self.0.push((key, word));
    }

    /// Returns the word of the key in the source.
    pub(crate) fn find(&self, key: Key) -> Option<&Ident> {
        self.iter().find(|(written, _)| *written == key).map(|(_, word)| word)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Key, Ident)> {
        self.0.iter()
    }
}

/// Reads the attributes of one kind on one item, key by key.
pub(crate) struct Reader<'a> {
    keys: &'static Keys,
    seen: Vec<Key>,
    sink: &'a mut Sink,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(keys: &'static Keys, sink: &'a mut Sink) -> Self {
        Self { keys, seen: Vec::new(), sink }
    }

    /// Reads every attribute of the reader's kind, and passes on each well-formed key.
    ///
    /// `take` receives the key, its word in the source, and the input after the `=`.
    pub(crate) fn attributes(
        &mut self,
        attrs: &[Attribute],
        mut take: impl FnMut(Key, Ident, ParseStream<'_>) -> Result<()>,
    ) {
        for attr in attrs {
            if !attr.path().is_ident(self.keys.attribute) {
                continue;
            }
            if let Meta::List(list) = &attr.meta {
                let read = list.parse_args_with(|input: ParseStream<'_>| {
                    self.list(input, &mut take);
                    Ok(())
                });
                self.sink.ok(read);
            } else {
                let name = self.keys.attribute;
                let example = self.keys.known.first().map_or("", |key| key.usage);
                self.sink
                    .push(&attr.meta, format!("`{name}` needs its keys in parentheses; write `#[{name}({example})]`"));
            }
        }
    }

    /// Reads a list of keys to its end.
    pub(crate) fn list(
        &mut self,
        input: ParseStream<'_>,
        mut take: impl FnMut(Key, Ident, ParseStream<'_>) -> Result<()>,
    ) {
        while !input.is_empty() {
            if let Err(error) = self.entry(input, &mut take) {
                self.sink.absorb(error);
                skip_entry(input);
            }
            // The entry ended here or its rest was skipped, so this is a comma or the end.
            if input.parse::<Token![,]>().is_err() {
                break;
            }
        }
    }

    fn entry(
        &mut self,
        input: ParseStream<'_>,
        take: &mut impl FnMut(Key, Ident, ParseStream<'_>) -> Result<()>,
    ) -> Result<()> {
        if !input.peek(Ident::peek_any) {
            let known = suggest::list(self.keys.known);
            return Err(input.error(format!("expected a key; the keys are {known}")));
        }
        let word = input.call(Ident::parse_any)?;
        let key = self.known(&word, input)?;
        if self.seen.contains(&key) && key.form != Form::Lists {
            let message = format!("`{}` is given twice; leave one out", key.name);
            return Err(syn::Error::new_spanned(word, message));
        }
        self.seen.push(key);
        match key.form {
            Form::Flag | Form::FlagOrList => {}
            Form::Value => expect_equals(key, &word, input)?,
            Form::List | Form::Lists => self.expect_list(key, &word, input)?,
        }
        take(key, word.clone(), input)?;
        expect_end(key, &word, input)
    }

    fn expect_list(&self, key: Key, word: &Ident, input: ParseStream<'_>) -> Result<()> {
        if input.peek(token::Paren) {
            return Ok(());
        }
        let Keys { attribute, elsewhere, place, .. } = self.keys;
        // `unique` is a key in both positions.
        let namesake = elsewhere.iter().find(|other| other.name == key.name);
        let or = namesake.map(|other| format!(", or `#[{attribute}({})]` on {place}", other.usage));
        let message =
            format!("`{}` needs a list here; write `{}`{}", key.name, key.usage, or.as_deref().unwrap_or_default());
        Err(syn::Error::new_spanned(word, message))
    }

    fn known(&self, word: &Ident, input: ParseStream<'_>) -> Result<Key> {
        let keys = self.keys;
        if let Some(key) = keys.known.iter().chain(keys.unlisted).find(|key| word == key.name) {
            return Ok(*key);
        }
        if let Some(key) = keys.elsewhere.iter().find(|key| word == key.name) {
            let message =
                format!("`{}` belongs on {}; write `#[{}({})]` there", key.name, keys.place, keys.attribute, key.usage);
            return Err(syn::Error::new_spanned(word, message));
        }
        let is_bare = input.is_empty() || input.peek(Token![,]);
        let message = unknown(keys, &word.to_string(), is_bare);
        Err(syn::Error::new_spanned(word, message))
    }
}

fn unknown(keys: &Keys, word: &str, is_bare: bool) -> String {
    if let Some(advice) = suggest::instead_of(word, keys) {
        return format!("unknown key `{word}`; {advice}");
    }
    let known = match keys.known {
        [only] => format!("the only key is `{}`", only.name),
        known => format!("the keys are {}", suggest::list(known)),
    };
    match suggest::nearest(word, keys.known).or_else(|| suggest::nearest(word, keys.unlisted)) {
        Some(key) => format!("unknown key `{word}`; did you mean `{}`? {known}", key.usage),
        None if is_bare && !keys.bare.is_empty() => {
            format!("unknown key `{word}`; {known}, and {}", keys.bare)
        }
        None => format!("unknown key `{word}`; {known}"),
    }
}

fn expect_equals(key: Key, word: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Ok(());
        }
    }
    Err(needs(key, "a value", word.span()))
}

fn expect_end(key: Key, word: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    if key.is_flag() && (input.peek(Token![=]) || input.peek(token::Paren)) {
        let message = format!("`{0}` takes no value; write `{0}`", key.name);
        return Err(syn::Error::new_spanned(word, message));
    }
    Err(input.error("expected `,` before the next key"))
}

/// Reads the comma after `what`, unless nothing follows.
pub(crate) fn comma_after(what: &str, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    let comma: Result<Token![,]> = input.parse();
    comma.map_err(|_| input.error(format!("expected `,` after {what}")))?;
    Ok(())
}

/// Reads the attributes of an item that can only name the library.
pub(crate) fn crate_path(keys: &'static Keys, attrs: &[Attribute], sink: &mut Sink) -> CratePath {
    let mut crate_path = CratePath::default();
    Reader::new(keys, sink).attributes(attrs, |key, _, input| {
        crate_path = CratePath::at(path(key, input)?);
        Ok(())
    });
    crate_path
}

/// Returns whether the next word is one of the keys.
pub(crate) fn starts_with_known(keys: &Keys, input: ParseStream<'_>) -> bool {
    let word = input.fork().call(Ident::parse_any);
    word.is_ok_and(|word| keys.known.iter().any(|key| word == key.name))
}

/// Skips the rest of a wrong entry, so that the next one is read independently.
pub(crate) fn skip_entry(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            break;
        }
    }
}

//! The values of keys.

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, Lit, LitStr, Path, Result, Token, Type, parenthesized, token};

use crate::keys::{self, Key};

mod keyword {
    syn::custom_keyword!(sql);
}

/// Reads a string that is not empty and has no NUL.
pub(crate) fn string(key: Key, input: ParseStream<'_>) -> Result<LitStr> {
    match input.parse() {
        Ok(Lit::Str(text)) => check_text(key, text),
        Ok(other) => Err(needs(key, "a string", other.span())),
        Err(_) => Err(needs(key, "a string", input.span())),
    }
}

/// Reads `true` or `false`.
pub(crate) fn boolean(key: Key, input: ParseStream<'_>) -> Result<bool> {
    match input.parse() {
        Ok(Lit::Bool(value)) => Ok(value.value),
        Ok(other) => Err(needs(key, "`true` or `false`", other.span())),
        Err(_) => Err(needs(key, "`true` or `false`", input.span())),
    }
}

/// Reads an integer, which may be negative.
pub(crate) fn integer(key: Key, input: ParseStream<'_>) -> Result<i32> {
    let minus: Option<Token![-]> = input.parse()?;
    let span = input.span();
    let Ok(Lit::Int(number)) = input.parse() else {
        return Err(needs(key, "a whole number", span));
    };
    if !matches!(number.suffix(), "" | "i32") {
        return Err(needs(key, "an `i32`", span));
    }
    let digits = number.base10_digits();
    let signed = if minus.is_some() { ["-", digits].concat() } else { digits.to_owned() };
    signed.parse().map_err(|_| {
        let (name, min, max) = (key.name, i32::MIN, i32::MAX);
        Error::new(span, format!("`{name}` is an `i32`; write a number from {min} to {max}"))
    })
}

/// An integer with its span.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) value: i32,
    pub(crate) span: Span,
}

impl Number {
    pub(crate) fn read(key: Key, input: ParseStream<'_>) -> Result<Self> {
        let span = input.span();
        Ok(Self { value: integer(key, input)?, span })
    }
}

/// Reads strings in parentheses, at least one.
pub(crate) fn strings(key: Key, input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    list(input, |input| {
        let mut strings = Vec::new();
        while strings.is_empty() || !input.is_empty() {
            strings.push(string(key, input)?);
            if input.parse::<Token![,]>().is_err() {
                break;
            }
        }
        Ok(strings)
    })
}

/// The units of a duration, in milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a duration such as `"30s"`, and returns its milliseconds.
pub(crate) fn duration(key: Key, input: ParseStream<'_>) -> Result<u64> {
    let kinds = "a duration in ms, s, m, h or d";
    let text: LitStr = match input.parse() {
        Ok(Lit::Str(text)) => text,
        Ok(other) => return Err(needs(key, kinds, other.span())),
        Err(_) => return Err(needs(key, kinds, input.span())),
    };
    let value = text.value();
    let digits = value.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let (number, unit) = value.split_at(value.len() - digits.len());
    let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, milliseconds)| milliseconds);
    let number: Option<u64> = number.parse().ok().filter(|number| *number > 0);
    let milliseconds = unit.zip(number).and_then(|(unit, number)| unit.checked_mul(number));
    milliseconds.ok_or_else(|| needs(key, kinds, text.span()))
}

/// Reads a path without generics, such as `path::to::signals`.
pub(crate) fn path(key: Key, input: ParseStream<'_>) -> Result<Path> {
    parse_or(input, Path::parse_mod_style, |span| needs(key, "a path", span))
}

/// Reads a type.
pub(crate) fn ty(key: Key, input: ParseStream<'_>) -> Result<Type> {
    parse_or(input, Type::parse, |span| needs(key, "a type", span))
}

/// Reads a bare word.
pub(crate) fn word(key: Key, input: ParseStream<'_>) -> Result<Ident> {
    parse_or(input, Ident::parse, |span| needs(key, "a word", span))
}

/// Reads the names of fields in parentheses, at least one.
pub(crate) fn names(key: Key, input: ParseStream<'_>) -> Result<Vec<Ident>> {
    list(input, |input| names_inside(key, input))
}

/// Reads the names of fields in parentheses: `(a, b)`, or several lists of them: `((a, b), (b, a))`.
pub(crate) fn lists_of_names(key: Key, input: ParseStream<'_>) -> Result<Vec<Vec<Ident>>> {
    list(input, |input| {
        if !input.peek(token::Paren) {
            return Ok(vec![names_inside(key, input)?]);
        }
        let mut lists = Vec::new();
        while !input.is_empty() {
            if !input.peek(token::Paren) {
                return Err(needs(key, "either names or lists of names", input.span()));
            }
            lists.push(names(key, input)?);
            if input.parse::<Token![,]>().is_err() {
                break;
            }
        }
        Ok(lists)
    })
}

fn names_inside(key: Key, input: ParseStream<'_>) -> Result<Vec<Ident>> {
    entries_inside(key, "the names of fields", input, Ident::parse)
}

/// Reads entries in parentheses, at least one.
pub(crate) fn entries<T>(
    key: Key,
    what: &str,
    input: ParseStream<'_>,
    read: fn(ParseStream<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    list(input, |input| entries_inside(key, what, input, read))
}

fn entries_inside<T>(
    key: Key,
    what: &str,
    input: ParseStream<'_>,
    read: fn(ParseStream<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let span = input.span();
    match Punctuated::<T, Token![,]>::parse_terminated_with(input, read) {
        Ok(entries) if !entries.is_empty() => Ok(entries.into_iter().collect()),
        _ => Err(needs(key, what, span)),
    }
}

/// Reads the contents of parentheses.
pub(crate) fn list<T>(input: ParseStream<'_>, read: impl FnOnce(ParseStream<'_>) -> Result<T>) -> Result<T> {
    let content;
    parenthesized!(content in input);
    let list = read(&content);
    // The rest after a mistake would be a second mistake.
    let rest: TokenStream = content.parse()?;
    match list {
        Ok(_) if !rest.is_empty() => Err(Error::new_spanned(rest, "expected `,` before this")),
        list => list,
    }
}

/// Reads a column's default and returns it as SQL.
pub(crate) fn default_sql(input: ParseStream<'_>) -> Result<String> {
    let key = keys::DEFAULT;
    if input.peek(keyword::sql) {
        input.parse::<keyword::sql>()?;
        let text;
        let parentheses = parenthesized!(text in input);
        // All of it is read, because the rest would be a second mistake.
        let text: LitStr = syn::parse2(text.parse()?).map_err(|_| {
            let message = "`sql` needs a string; write `default = sql(\"CURRENT_TIMESTAMP\")`";
            Error::new(parentheses.span.join(), message)
        })?;
        return Ok(check_text(key, text)?.value());
    }
    let minus: Option<Token![-]> = input.parse()?;
    let span = input.span();
    match (minus, input.parse()) {
        (None, Ok(Lit::Str(text))) => sql_string(key, &text),
        (None, Ok(Lit::Bool(flag))) => Ok(if flag.value { "TRUE" } else { "FALSE" }.to_owned()),
        (minus, Ok(Lit::Int(number))) => Ok(sql_number(minus, number.base10_digits())),
        (minus, Ok(Lit::Float(number))) => Ok(sql_number(minus, number.base10_digits())),
        _ => {
            let kinds = "a string, a number, a bool or `sql(\"..\")`";
            Err(needs(key, kinds, span))
        }
    }
}

fn sql_number(minus: Option<Token![-]>, digits: &str) -> String {
    let sign = if minus.is_some() { "-" } else { "" };
    [sign, digits].concat()
}

fn sql_string(key: Key, text: &LitStr) -> Result<String> {
    refuse_nul(key, text)?;
    let value = text.value();
    if value.contains('\\') {
        let message = "databases disagree on a backslash in a string; \
                       write the SQL that yours takes: `default = sql(\"..\")`";
        return Err(Error::new(text.span(), message));
    }
    Ok(["'", &value.replace('\'', "''"), "'"].concat())
}

fn check_text(key: Key, text: LitStr) -> Result<LitStr> {
    if text.value().is_empty() {
        let message = format!("`{}` is empty; write `{}`", key.name, key.usage);
        return Err(Error::new(text.span(), message));
    }
    refuse_nul(key, &text)?;
    Ok(text)
}

fn refuse_nul(key: Key, text: &LitStr) -> Result<()> {
    if text.value().contains('\0') {
        let message = format!("`{}` holds a NUL, which databases do not take; leave it out", key.name);
        return Err(Error::new(text.span(), message));
    }
    Ok(())
}

/// Returns the error of a value that does not fit the key.
pub(crate) fn needs(key: Key, what: &str, span: Span) -> Error {
    Error::new(span, format!("`{}` needs {what}; write `{}`", key.name, key.usage))
}

/// Reads with a parser. Replaces the parser's error by the given one, at the position where it started.
pub(crate) fn parse_or<T>(
    input: ParseStream<'_>,
    parse: impl FnOnce(ParseStream<'_>) -> Result<T>,
    mistake: impl FnOnce(Span) -> Error,
) -> Result<T> {
    let span = input.span();
    parse(input).map_err(|_| mistake(span))
}

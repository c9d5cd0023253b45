//! The checks of columns that are unique together or have an index together.

use syn::Ident;
use syn::ext::IdentExt;

use crate::fields;
use crate::keys;
use crate::model::syntax::Struct;
use crate::sink::Sink;
use crate::suggest;

/// The messages about a list.
struct Words {
    one_column: &'static str,
    twice: &'static str,
    is_twice: fn(&[Ident], &[Ident]) -> bool,
}

const UNIQUE: Words = Words {
    one_column: "one column is unique by itself; write `#[model(unique)]` on the field",
    twice: "these columns are unique together already; leave one of the two lists out",
    is_twice: is_same,
};

/// The order of the columns matters.
const INDEX: Words = Words {
    one_column: "one column has an index of its own; write `#[model(index)]` on the field",
    twice: "these columns have this index already; leave one of the two lists out",
    is_twice: |one, other| one == other,
};

pub(super) fn check(written: &Struct<'_>, sink: &mut Sink) {
    lists(written, &written.attrs.unique, &UNIQUE, sink);
    lists(written, &written.attrs.indexes, &INDEX, sink);
}

fn lists(written: &Struct<'_>, lists: &[Vec<Ident>], words: &Words, sink: &mut Sink) {
    for (i, names) in lists.iter().enumerate() {
        for name in names {
            column(written, name, sink);
        }
        match names.as_slice() {
            [only] => sink.push(only, words.one_column),
            names => fields::distinct(names, "leave one out", sink),
        }
        if let Some(first) = names.first()
            && lists.iter().take(i).any(|before| (words.is_twice)(before, names))
        {
            sink.push(first, words.twice);
        }
    }
}

/// Returns whether two lists name the same fields, in any order.
fn is_same(one: &[Ident], other: &[Ident]) -> bool {
    let holds = |list: &[Ident], all: &[Ident]| all.iter().all(|name| list.contains(name));
    one.len() == other.len() && holds(one, other) && holds(other, one)
}

/// Checks that a list names a field that is a column.
pub(super) fn column(written: &Struct<'_>, name: &Ident, sink: &mut Sink) {
    if let Some(field) = written.fields.iter().find(|field| field.ident == name) {
        if field.attrs.find(keys::SKIP).is_some() {
            let message = format!("the field `{}` is skipped, so it has no column; leave it out", name.unraw());
            sink.push(name, message);
        }
        return;
    }
    let fields: Vec<String> = written.fields.iter().map(|field| field.ident.unraw().to_string()).collect();
    let fields = || fields.iter().map(String::as_str);
    let name_alone = name.unraw().to_string();
    let message = match suggest::nearest_word(&name_alone, fields()) {
        Some(near) => format!("unknown field `{name_alone}`; did you mean `{near}`?"),
        None => format!("unknown field `{name_alone}`; the fields are {}", suggest::words(fields())),
    };
    sink.push(name, message);
}

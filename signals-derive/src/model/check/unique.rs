//! The checks of columns that are unique together.

use syn::Ident;
use syn::ext::IdentExt;

use crate::fields;
use crate::keys;
use crate::model::syntax::Struct;
use crate::sink::Sink;
use crate::suggest;

pub(super) fn check(written: &Struct<'_>, sink: &mut Sink) {
    for (i, names) in written.attrs.unique.iter().enumerate() {
        for name in names {
            column(written, name, sink);
        }
        match names.as_slice() {
            [only] => {
                let message = "one column is unique by itself; write `#[model(unique)]` on the field";
                sink.push(only, message);
            }
            names => fields::distinct(names, "leave one out", sink),
        }
        if let Some(first) = names.first()
            && written.attrs.unique.iter().take(i).any(|before| is_same(before, names))
        {
            sink.push(first, "these columns are unique together already; leave one of the two lists out");
        }
    }
}

/// Returns whether two lists name the same fields, in any order.
fn is_same(one: &[Ident], other: &[Ident]) -> bool {
    let holds = |list: &[Ident], all: &[Ident]| all.iter().all(|name| list.contains(name));
    one.len() == other.len() && holds(one, other) && holds(other, one)
}

fn column(written: &Struct<'_>, name: &Ident, sink: &mut Sink) {
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

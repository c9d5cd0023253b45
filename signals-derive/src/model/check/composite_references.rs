//! The checks of a reference to a composite key. The compiler checks that the types agree.

use syn::Ident;
use syn::ext::IdentExt;

use super::unique;
use crate::fields;
use crate::keys;
use crate::model::ir::PrimaryKey;
use crate::model::on_delete::OnDelete;
use crate::model::syntax::{FieldAttrs, Struct, WrittenReference};
use crate::sink::Sink;

pub(super) fn check(written: &Struct<'_>, sink: &mut Sink) {
    let references = &written.attrs.references;
    for (place, reference) in references.iter().enumerate() {
        keys(reference, sink);
        columns(written, reference, sink);
        default(written, reference, sink);
        let is_twice = |before: &WrittenReference| before.fields == reference.fields;
        if let Some(first) = reference.fields.first()
            && references.iter().take(place).any(is_twice)
        {
            sink.push(first, "these fields are a reference already; leave one of the two out");
        }
    }
}

fn keys(reference: &WrittenReference, sink: &mut Sink) {
    if reference.find(keys::FIELDS).is_none() {
        let message = "a reference on the struct names its fields; write `fields(tenant_id, order_id)`, \
                       one for each field of the other model's primary key";
        sink.push(&reference.target, message);
    }
    if reference.find(keys::ON_DELETE).is_none() {
        let message = "a reference needs `on_delete`, which is what a delete of the other row does to this one; \
                       write `on_delete = cascade` or another value beside it";
        sink.push(&reference.target, message);
    }
}

fn columns(written: &Struct<'_>, reference: &WrittenReference, sink: &mut Sink) {
    for name in &reference.fields {
        unique::column(written, name, sink);
        if find(written, name).is_some_and(|attrs| attrs.find(keys::JSON).is_some()) {
            let message =
                format!("a reference is compared by the database, which JSON is not; leave `{}` out", name.unraw());
            sink.push(name, message);
        }
        if let Some(word) = find(written, name).and_then(|attrs| attrs.find(keys::SQLITE)) {
            sink.push(word, "a reference is stored as the key, whose type decides; leave `sqlite` out");
        }
    }
    match reference.fields.as_slice() {
        [only] => {
            let message = "one field references a key of one field; write `#[model(references = User, on_delete = cascade)]` on it";
            sink.push(only, message);
        }
        fields => fields::distinct(fields, "leave one out", sink),
    }
    if let Some(name) = reference.fields.get(PrimaryKey::MOST_PARTS) {
        let most = PrimaryKey::MOST_PARTS;
        sink.push(name, format!("a primary key has at most {most} fields; leave this one out"));
    }
}

fn default(written: &Struct<'_>, reference: &WrittenReference, sink: &mut Sink) {
    let has_default = |name| find(written, name).is_some_and(|attrs| attrs.find(keys::DEFAULT).is_some());
    if let Some((OnDelete::SetDefault, word)) = &reference.on_delete
        && !reference.fields.iter().any(has_default)
    {
        let message = "`set_default` sets the defaults of the fields; write `#[model(default = 0)]` or another one on one of them";
        sink.push(word, message);
    }
}

fn find<'a>(written: &'a Struct<'_>, name: &Ident) -> Option<&'a FieldAttrs> {
    written.fields.iter().find(|field| field.ident == name).map(|field| &field.attrs)
}

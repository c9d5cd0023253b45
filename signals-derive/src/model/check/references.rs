//! The checks of a reference to another model. The compiler checks that the types agree.

use crate::keys;
use crate::model::on_delete::OnDelete;
use crate::model::syntax::{FieldAttrs, Struct};
use crate::sink::Sink;

pub(super) fn check(written: &Struct<'_>, sink: &mut Sink) {
    for field in &written.fields {
        // A skipped field is reported elsewhere.
        if field.attrs.find(keys::SKIP).is_none() {
            both_keys(&field.attrs, sink);
            default(&field.attrs, sink);
            to(&field.attrs, sink);
        }
    }
}

fn both_keys(attrs: &FieldAttrs, sink: &mut Sink) {
    match (attrs.find(keys::REFERENCES), attrs.find(keys::ON_DELETE)) {
        (Some(word), None) => {
            let message = "a reference needs `on_delete`, which is what a delete of the other row does to this one; \
                           write `on_delete = cascade` or another value beside it";
            sink.push(word, message);
        }
        (None, Some(word)) => {
            sink.push(word, "`on_delete` is a part of a reference; write `references = User` beside it");
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn to(attrs: &FieldAttrs, sink: &mut Sink) {
    if let Some(word) = attrs.find(keys::TO).filter(|_| attrs.find(keys::REFERENCES).is_none()) {
        sink.push(word, "`to` is a part of a reference; write `references = User` beside it");
    }
}

fn default(attrs: &FieldAttrs, sink: &mut Sink) {
    if let Some((OnDelete::SetDefault, word)) = &attrs.on_delete
        && attrs.find(keys::DEFAULT).is_none()
    {
        sink.push(word, "`set_default` sets the column's default; write `default = 0` or another one beside it");
    }
}

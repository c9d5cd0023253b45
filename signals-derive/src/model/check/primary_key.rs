//! The checks of a primary key, of one column or several.

use syn::ext::IdentExt;

use crate::keys;
use crate::model::ir::{Model, PrimaryKey};
use crate::model::syntax::Struct;
use crate::sink::Sink;

pub(super) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    let Some(key) = &model.key else {
        let message = format!(
            "model `{}` has no primary key; name a field `id` or mark one with `#[model(primary_key)]`",
            model.ident.unraw()
        );
        sink.push(model.ident, message);
        return;
    };
    let most = PrimaryKey::MOST_PARTS;
    for part in key.parts.iter().skip(most) {
        let field = written.fields.iter().find(|field| field.ident == part.field);
        if let Some(word) = field.and_then(|field| field.attrs.find(keys::PRIMARY_KEY)) {
            sink.push(word, format!("a primary key has at most {most} fields; leave `primary_key` out here"));
        }
    }
}

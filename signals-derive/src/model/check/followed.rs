//! The checks of the names of references.

use syn::Ident;
use syn::ext::IdentExt;

use crate::keys;
use crate::model::ir::Model;
use crate::model::syntax::{RelationNames, Struct};
use crate::name;
use crate::sink::Sink;
use crate::ty;

pub(super) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    for field in &written.fields {
        let words =
            [keys::REVERSE, keys::RELATION_NAME].into_iter().filter_map(|key| Some((key, field.attrs.find(key)?)));
        for (key, word) in words.filter(|_| field.attrs.find(keys::REFERENCES).is_none()) {
            let message = format!("`{}` is a part of a reference; write `references = User` beside it", key.name);
            sink.push(word, message);
        }
    }
    let single = written.fields.iter().filter_map(|field| Some((field.attrs.references.as_ref()?, &field.attrs.names)));
    let composite = written.attrs.references.iter().map(|reference| (&reference.target, &reference.names));
    // The names of each model: those of this one, and those of others, whose columns are not known.
    let mut names: Vec<(String, &Ident)> = Vec::new();
    for (target, RelationNames { relation, related }) in single.chain(composite) {
        let this = model.ident;
        let of = if ty::is_own(target, this) {
            this.to_string()
        } else {
            quote::ToTokens::to_token_stream(target).to_string()
        };
        let own = relation.iter().map(|name| (this.to_string(), name));
        for (of, name) in own.chain(related.iter().map(|name| (of.clone(), name))) {
            taken(model, &of, name, &names, sink);
            names.push((of, name));
        }
    }
}

fn taken(model: &Model<'_>, of: &str, name: &Ident, names: &[(String, &Ident)], sink: &mut Sink) {
    let constant = name::constant(name);
    let column = model.columns.iter().find(|column| model.ident == of && column.constant == constant);
    if let Some(column) = column {
        let message = format!(
            "the constant `{constant}` is that of the field `{}`; write another name for the relation",
            column.field.unraw()
        );
        sink.push(name, message);
    } else if names.iter().any(|(model, other)| model == of && name::constant(other) == constant) {
        let message = format!("`{}` has two relations `{}`; rename one of the two", of, name.unraw());
        sink.push(name, message);
    }
}

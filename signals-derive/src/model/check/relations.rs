//! The checks of a many-to-many relation.

use syn::Ident;
use syn::ext::IdentExt;

use crate::keys;
use crate::model::syntax::{Struct, WrittenRelation};
use crate::sink::Sink;
use crate::ty;

pub(super) fn check(written: &Struct<'_>, sink: &mut Sink) {
    let this = &written.input.ident;
    let mut names: Vec<&Ident> = Vec::new();
    for relation in &written.attrs.relations {
        let is_own = ty::is_own(&relation.target, this);
        // The reverse direction is a method of the target. Only if the target is this model are its names
        // known.
        let related = relation.related.iter().filter(|_| is_own);
        for name in std::iter::once(&relation.name).chain(related) {
            if names.contains(&name) {
                let message = format!("the relation `{}` is there twice; rename one of the two", name.unraw());
                sink.push(name, message);
            }
            names.push(name);
        }
        target(relation, sink);
        if let Some(word) = relation.find(keys::SYMMETRICAL) {
            symmetrical(relation, word, is_own, sink);
        }
        through(relation, sink);
    }
}

fn target(relation: &WrittenRelation, sink: &mut Sink) {
    if ty::name(&relation.target).is_none() {
        sink.push(&relation.target, "a relation is to a model; write its name or path");
    }
}

fn symmetrical(relation: &WrittenRelation, word: &Ident, is_own: bool, sink: &mut Sink) {
    if !is_own {
        let message =
            "a relation to another model has two sides; leave `symmetrical` out, or write `Self` for the model";
        sink.push(word, message);
    } else if let Some(related) = relation.find(keys::RELATED) {
        sink.push(related, "a symmetrical relation goes both ways; leave `related` out");
    }
}

fn through(relation: &WrittenRelation, sink: &mut Sink) {
    let fields = relation.find(keys::THROUGH_FIELDS);
    if relation.find(keys::THROUGH).is_some() {
        if let Some(word) = relation.find(keys::LINK_TABLE) {
            sink.push(word, "the links are in the table of their own model; leave `table` out");
        }
    } else if let Some(word) = fields {
        let message = "`through_fields` names fields of a model of links; write `through = Membership` beside it";
        sink.push(word, message);
    }
    match relation.through_fields.as_slice() {
        [from, to] if from == to => {
            sink.push(to, format!("the field `{}` is listed twice; write that of the other model", to.unraw()));
        }
        [] | [_, _] => {}
        _ => {
            let message = "a link has two ends; write the field with this model's key, then that with the other's: \
                           `through_fields(group_id, person_id)`";
            sink.push(fields, message);
        }
    }
}

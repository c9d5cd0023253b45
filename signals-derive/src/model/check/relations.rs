//! The checks of a many-to-many relation.

use syn::Ident;
use syn::ext::IdentExt;

use crate::fields;
use crate::keys;
use crate::model::ir::{Model, PrimaryKey, link_fields};
use crate::model::syntax::{Struct, WrittenColumn, WrittenRelation};
use crate::sink::Sink;
use crate::ty;

pub(super) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
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
        through(relation, model, sink);
        columns(relation, model, sink);
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

fn through(relation: &WrittenRelation, model: &Model<'_>, sink: &mut Sink) {
    let fields_word = relation.find(keys::THROUGH_FIELDS);
    if relation.find(keys::THROUGH).is_some() {
        for key in [keys::LINK_TABLE, keys::SCHEMA] {
            if let Some(word) = relation.find(key) {
                let message = format!("the links are in the table of their own model; leave `{}` out", key.name);
                sink.push(word, message);
            }
        }
        if let Some(word) = relation.find(keys::LINK_COLUMNS) {
            let message = "the columns of the links are fields of their own model; leave `columns` out, or write \
                           `through_fields(group_id, person_id)`";
            sink.push(word, message);
        }
    } else if let Some(word) = fields_word {
        let message = "`through_fields` names fields of a model of links; write `through = Membership` beside it";
        sink.push(word, message);
    }
    let written = relation.through_fields.as_slice();
    match ends(relation, model, written) {
        Some(([from], [to])) if from == to => {
            sink.push(to, format!("the field `{}` is listed twice; write that of the other model", to.unraw()));
        }
        // Both keys may have a part in one field.
        Some((from, to)) => [from, to].into_iter().for_each(|end| fields::distinct(end, "leave one out", sink)),
        None if written.is_empty() => {}
        None => {
            let message = two_ends(model, "field", "through_fields", "(group_id, person_id)");
            sink.push(fields_word, message);
        }
    }
}

fn columns(relation: &WrittenRelation, model: &Model<'_>, sink: &mut Sink) {
    let written = relation.columns.as_slice();
    if written.is_empty() {
        return;
    }
    if ends(relation, model, written).is_none() {
        let message = two_ends(model, "column", "columns", "(pizza_id, topping_id)");
        sink.push(relation.find(keys::LINK_COLUMNS), message);
        return;
    }
    let most = PrimaryKey::MOST_PARTS;
    if let Some(column) = written.get(most) {
        let message = format!(
            "the columns are the key of the links, which has at most {most}; leave `columns` out, or write `through = Membership`"
        );
        sink.push(column, message);
    }
    let is_twice = |(place, column): (usize, &WrittenColumn)| {
        written.iter().take(place).any(|other| other.name().eq_ignore_ascii_case(&column.name()))
    };
    match written.iter().enumerate().find(|it| is_twice(*it)) {
        Some((_, column)) => {
            sink.push(column, format!("the column `{}` is listed twice; write that of the other model", column.name()));
        }
        None => same_fields(relation, model, sink),
    }
}

/// Splits what is written for both keys, unless it cannot be all of it.
fn ends<'a, T>(relation: &WrittenRelation, model: &Model<'_>, written: &'a [T]) -> Option<(&'a [T], &'a [T])> {
    let own = model.key.as_ref().map_or(1, |key| key.parts.len());
    let (from, to) = written.split_at_checked(own).filter(|(_, to)| !to.is_empty())?;
    let is_whole =
        if ty::is_own(&relation.target, model.ident) { to.len() == own } else { to.len() <= PrimaryKey::MOST_PARTS };
    is_whole.then_some((from, to))
}

fn two_ends(model: &Model<'_>, one: &str, key: &str, example: &str) -> String {
    match &model.key {
        Some(own) if own.is_composite() => format!(
            "the key of `{}` has {} fields; write `{key}(..)` with a {one} for each, then one for each field of the \
             other model's key",
            model.ident.unraw(),
            own.parts.len(),
        ),
        _ => format!(
            "a link has two ends; write the {one} with this model's key, then that with the other's: `{key}{example}`"
        ),
    }
}

/// Refuses a column that is the field which the links have for another column.
fn same_fields(relation: &WrittenRelation, model: &Model<'_>, sink: &mut Sink) {
    if ty::name(&relation.target).is_none() {
        return;
    }
    let all: Vec<_> =
        link_fields(relation, model.ident, model.key.as_ref()).concat().iter().map(Ident::unraw).collect();
    let columns = relation.columns.iter().zip(&all).enumerate().find(|(place, (column, field))| {
        let is_field = matches!(column, WrittenColumn::Field(_));
        is_field && all.iter().enumerate().any(|(other, it)| other != *place && it == *field)
    });
    if let Some((_, (column, field))) = columns {
        let message = format!("the field of the other column is `{field}` too; write this column as `\"{field}\"`");
        sink.push(column, message);
    }
}

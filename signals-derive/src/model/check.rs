//! The checks of a model. Each check reports its own mistakes, independently of the others.

mod composite_references;
mod filled;
mod followed;
mod primary_key;
mod references;
mod relations;
mod unique;

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::{Data, Fields, Ident};

use crate::keys::{self, Key};
use crate::sink::Sink;

use super::ir::Model;
use super::syntax::Struct;

/// The maximum number of columns of a table, which is that of MySQL.
const MOST_COLUMNS: usize = 4_096;

/// Two keys that exclude each other, and why. The second is the one to leave out.
const CLASHES: &[(Key, Key, &str)] = &[
    (keys::PRIMARY_KEY, keys::UNIQUE, "a primary key is unique already"),
    (keys::PRIMARY_KEY, keys::JSON, "a primary key is compared by the database, which JSON is not"),
    (keys::PRIMARY_KEY, keys::AUTO_NOW, "a primary key stays the same on every save"),
    (keys::PRIMARY_KEY, keys::AUTO_NOW_ADD, "a primary key is not filled with the time"),
    (keys::PRIMARY_KEY, keys::DEFAULT, "a primary key is set by the program or counted by the database"),
    (keys::AUTO_NOW, keys::AUTO_NOW_ADD, "`auto_now` fills the field on the first save too"),
    (keys::JSON, keys::AUTO_NOW, "a time is not stored as JSON"),
    (keys::JSON, keys::AUTO_NOW_ADD, "a time is not stored as JSON"),
    (
        keys::PRIMARY_KEY,
        keys::SQLITE,
        "a key is stored as its type is, such as `uuid::fmt::Hyphenated` or a newtype with `sqlx::Type`",
    ),
    (
        keys::REFERENCES,
        keys::SQLITE,
        "a reference is stored as the key, whose type decides, such as `uuid::fmt::Hyphenated`",
    ),
    (keys::JSON, keys::SQLITE, "a JSON document is stored as text"),
    (keys::REFERENCES, keys::JSON, "a reference is compared by the database, which JSON is not"),
    (keys::REFERENCES, keys::AUTO_NOW, "a reference is not filled with the time"),
    (keys::REFERENCES, keys::AUTO_NOW_ADD, "a reference is not filled with the time"),
    (keys::PRIMARY_KEY, keys::GENERATED, "a primary key is known before the INSERT or counted by the database"),
    (keys::PRIMARY_KEY, keys::READ_ONLY, "a primary key is known before the INSERT or counted by the database"),
    (keys::PRIMARY_KEY, keys::DB_DEFAULT, "a primary key is known before the INSERT or counted by the database"),
    (keys::PRIMARY_KEY, keys::INSERT_ONLY, "no UPDATE writes a primary key"),
    (keys::GENERATED, keys::READ_ONLY, "a generated column is only read already"),
    (keys::GENERATED, keys::DB_DEFAULT, "the database computes a generated column in every write"),
    (keys::GENERATED, keys::INSERT_ONLY, "no INSERT writes a generated column"),
    (keys::GENERATED, keys::DEFAULT, "the database computes a generated column, which has no default"),
    (keys::GENERATED, keys::AUTO_NOW, "the program does not write a generated column"),
    (keys::GENERATED, keys::AUTO_NOW_ADD, "the program does not write a generated column"),
    (keys::READ_ONLY, keys::DB_DEFAULT, "the program does not write a column that is only read"),
    (keys::READ_ONLY, keys::INSERT_ONLY, "the program does not write a column that is only read"),
    (keys::READ_ONLY, keys::AUTO_NOW, "the program does not write a column that is only read"),
    (keys::READ_ONLY, keys::AUTO_NOW_ADD, "the program does not write a column that is only read"),
    (keys::DB_DEFAULT, keys::AUTO_NOW, "`auto_now` fills the field before the database could"),
    (keys::DB_DEFAULT, keys::AUTO_NOW_ADD, "`auto_now_add` fills the field before the database could"),
    (keys::PRIMARY_KEY, keys::VERSION, "a primary key stays the same on every save"),
    (keys::VERSION, keys::JSON, "a version is a number"),
    (keys::VERSION, keys::REFERENCES, "every UPDATE counts a version"),
    (keys::VERSION, keys::GENERATED, "every UPDATE counts a version"),
    (keys::VERSION, keys::READ_ONLY, "every UPDATE counts a version"),
    (keys::VERSION, keys::DB_DEFAULT, "a new row has the version of its instance, or 1"),
    (keys::VERSION, keys::INSERT_ONLY, "every UPDATE counts a version"),
    (keys::VERSION, keys::AUTO_NOW, "a version is a number"),
    (keys::VERSION, keys::AUTO_NOW_ADD, "a version is a number"),
    (keys::INSERT_ONLY, keys::AUTO_NOW, "an UPDATE writes an `auto_now` column"),
];

/// Checks the whole model.
pub(crate) fn check(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    generics(written, sink);
    if shape(written, sink) {
        primary_key::check(written, model, sink);
        clashes(written, model, sink);
        skipped(written, sink);
        names(model, sink);
        column_count(model, sink);
        filled::check(written, model, sink);
        capture(written, model, sink);
        references::check(written, sink);
        composite_references::check(written, sink);
        unique::check(written, sink);
        relations::check(written, model, sink);
        followed::check(written, model, sink);
    }
}

fn generics(written: &Struct<'_>, sink: &mut Sink) {
    let params = &written.input.generics.params;
    if !params.is_empty() {
        let message = "a model is one table, so it has no generic parameters; \
                       write a struct for each type it is used with";
        sink.push(params, message);
    }
}

/// Checks that this is a struct with named fields, and returns whether it is.
fn shape(written: &Struct<'_>, sink: &mut Sink) -> bool {
    let ident = &written.input.ident;
    let fix = "write a struct with named fields";
    match &written.input.data {
        Data::Enum(data) => sink.push(data.enum_token, format!("an enum is not a model; {fix}")),
        Data::Union(data) => sink.push(data.union_token, format!("a union is not a model; {fix}")),
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => return true,
            Fields::Unnamed(fields) => {
                sink.push(fields, format!("the fields of a model are columns and have names; {fix}"));
            }
            Fields::Unit => sink.push(ident, format!("a model without fields has no columns; {fix}")),
        },
    }
    false
}

fn clashes(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    let parts = model.key.as_ref().map_or(&[][..], |key| &key.parts);
    // A part of a composite key may be unique by itself.
    let is_allowed = |holds, refused| parts.len() > 1 && (holds, refused) == (keys::PRIMARY_KEY, keys::UNIQUE);
    for field in &written.fields {
        if field.attrs.find(keys::SKIP).is_some() {
            continue;
        }
        // A field named `id` is the primary key even without the attribute.
        let is_key = parts.iter().any(|part| part.field == field.ident);
        let has = |key| field.attrs.find(key).is_some() || is_key && key == keys::PRIMARY_KEY;
        for (holds, refused, why) in CLASHES {
            if has(*holds)
                && !is_allowed(*holds, *refused)
                && let Some(word) = field.attrs.find(*refused)
            {
                sink.push(word, format!("{why}; leave `{}` out", refused.name));
            }
        }
    }
}

fn skipped(written: &Struct<'_>, sink: &mut Sink) {
    for field in &written.fields {
        if field.attrs.find(keys::SKIP).is_none() {
            continue;
        }
        for (key, word) in field.attrs.keys.iter() {
            if *key != keys::SKIP {
                let message = format!("a skipped field has no column; leave `{}` or `skip` out", key.name);
                sink.push(word, message);
            }
        }
    }
}

/// Checks that no two columns have the same constant or the same name. If both are the same, only the first
/// mistake is reported, because it causes the second.
fn names(model: &Model<'_>, sink: &mut Sink) {
    let mut constants: HashMap<&Ident, &Ident> = HashMap::new();
    let mut names: HashMap<String, &Ident> = HashMap::new();
    for column in &model.columns {
        let same_constant = constants.insert(&column.constant, column.field);
        // Databases fold the case of names in different ways.
        let same_name = names.insert(column.name.to_lowercase(), column.field);
        if let Some(first) = same_constant {
            let (constant, first) = (&column.constant, first.unraw());
            let message =
                format!("the constant `{constant}` is that of the field `{first}`; rename one of the two fields");
            sink.push(column.field, message);
        } else if let Some(first) = same_name {
            let (name, first) = (&column.name, first.unraw());
            let message = format!(
                "the column `{name}` is that of the field `{first}`; name another with `#[model(column = \"..\")]`"
            );
            sink.push_at(column.name_span, message);
        }
    }
}

fn column_count(model: &Model<'_>, sink: &mut Sink) {
    if let Some(column) = model.columns.get(MOST_COLUMNS) {
        let message = format!("no database has tables of more than {MOST_COLUMNS} columns; split it in two models");
        sink.push(column.field, message);
    }
}

/// Refuses `capture` for a table to which no triggers can be added.
fn capture(written: &Struct<'_>, model: &Model<'_>, sink: &mut Sink) {
    let Some(word) = &written.attrs.capture else { return };
    if model.schema.is_some() {
        sink.push(word, "the triggers of `capture` write to a table of their own schema; leave out `schema`");
    }
    if !model.managed {
        sink.push(word, "`capture` adds triggers to the table; leave out `managed = false`");
    }
}

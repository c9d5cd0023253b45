//! The attributes of structs and fields, except those of references and relations.

use super::names::is_default_table;
use super::plan::Planned;
use crate::description::{ColumnType, Generation, Index, TableKind};
use crate::dialect::Dialect;
use crate::types::{Agreement, compare};

/// Adds the attributes of all models.
pub(super) fn plan(dialect: Dialect, models: &mut [Planned<'_>]) {
    for model in models {
        let unique = keys(model, true);
        let indexes = keys(model, false);
        fields(dialect, model, &unique, &indexes);
        let mut attributes = Vec::new();
        if !is_default_table(&model.table.name, &model.name) {
            attributes.push(format!("table = {:?}", model.table.name));
        }
        if let Some(schema) = model.schema {
            attributes.push(format!("schema = {schema:?}"));
        }
        if model.table.kind != TableKind::Table {
            attributes.push("managed = false".to_owned());
        }
        attributes.extend(lists(model, "unique", &unique));
        attributes.extend(lists(model, "index", &indexes));
        attributes.append(&mut model.attributes);
        model.attributes = attributes;
        let other = model.table.indexes.iter().filter(|index| index.is_unique && !index.is_plain);
        let notes = other.map(|index| {
            let name = index.name.as_deref().unwrap_or_default();
            format!("Unique under a condition, or of an expression or a prefix: the index `{name}`.")
        });
        model.notes.extend(notes);
    }
}

/// Returns the fields of each unique key, or of each other index. Those of the key, and others that the model cannot
/// have, are left out.
fn keys(model: &Planned<'_>, is_unique: bool) -> Vec<Vec<usize>> {
    let sorted = |places: &[usize]| {
        let mut places = places.to_vec();
        places.sort_unstable();
        places
    };
    let of_kind = |index: &&Index| index.is_unique == is_unique && index.is_plain;
    let mut found: Vec<Vec<usize>> = Vec::new();
    for index in model.table.indexes.iter().filter(of_kind) {
        let Some(places) = model.places(&index.columns) else { continue };
        // The order of the columns counts in an index alone.
        let is_same = |other: &[usize]| other == places || is_unique && sorted(other) == sorted(&places);
        let is_known = found.iter().any(|found| is_same(found)) || is_same(&model.key);
        if !is_known && !places.is_empty() {
            found.push(places);
        }
    }
    found
}

/// Returns the entry for several fields, such as `unique(a, b)` or `unique((a, b), (b, c))`.
fn lists(model: &Planned<'_>, word: &str, keys: &[Vec<usize>]) -> Option<String> {
    let several: Vec<_> = keys.iter().filter(|places| places.len() > 1).map(|places| model.names(places)).collect();
    match several.as_slice() {
        [] => None,
        [one] => Some(format!("{word}({one})")),
        several => Some(format!("{word}(({}))", several.join("), ("))),
    }
}

fn fields(dialect: Dialect, model: &mut Planned<'_>, unique: &[Vec<usize>], indexes: &[Vec<usize>]) {
    for place in 0..model.fields.len() {
        let is_key = model.key.contains(&place);
        let is_only_key = model.key == [place];
        let is_unique = unique.contains(&vec![place]);
        let is_indexed = indexes.contains(&vec![place]);
        let is_keyed = is_key
            || model.fields[place].has_reference
            || unique.iter().chain(indexes).any(|places| places.contains(&place));
        let field = &mut model.fields[place];
        let mut attributes = Vec::new();
        if is_key && !(is_only_key && field.name == "id") {
            attributes.push("primary_key".to_owned());
        }
        if field.column.name != field.name {
            attributes.push(format!("column = {:?}", field.column.name));
        }
        match field.column.generation {
            Some(Generation::Computed) => attributes.push("generated".to_owned()),
            Some(Generation::Always) if !is_key => attributes.push("read_only".to_owned()),
            Some(Generation::Counted) if is_key && !is_only_key => {
                field.notes.push("The database counts this part of the key, and a model sets it.".to_owned());
            }
            _ => {}
        }
        if is_unique && !is_only_key {
            attributes.push("unique".to_owned());
        } else if is_indexed && !field.has_reference && !is_only_key {
            attributes.push("index".to_owned());
        }
        attributes.append(&mut field.attributes);
        if let Ok(ty) = &field.ty {
            if ty.is_json() {
                attributes.push("json".to_owned());
            }
            attributes.extend(ty.form().map(|form| format!("sqlite = {form}")));
            let is_generated = field.column.generation.is_some() || field.column.default.is_some();
            let found = &field.column.sql_type;
            let is_table = model.table.kind.has_constraints();
            if is_only_key && is_table && ty.is_counted() && !is_generated && !field.has_reference {
                // Only the types that the library chooses itself are generated by the database.
                let sql_type = if dialect == Dialect::Sqlite { "INT" } else { &found.text };
                attributes.push(format!("sql_type = {sql_type:?}"));
                field.notes.push("The database generates no keys.".to_owned());
            } else if let Some(native) = ty.native(dialect, is_keyed)
                && compare(dialect, &ColumnType::new(native), found) != Agreement::Same
            {
                attributes.push(format!("sql_type = {:?}", found.text));
            }
        }
        field.attributes = attributes;
    }
}

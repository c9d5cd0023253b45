//! The references between the models.

use super::plan::Planned;
use crate::description::{Action, ForeignKey};
use crate::dialect::Dialect;

/// The result of a reference: what a model has of it.
enum Found {
    /// A key of the field, and the index of the field.
    Field(usize, String),
    /// A key of the struct, and the indexes of the fields.
    Struct(Vec<usize>, String),
    /// A comment above the field, and why there is no key.
    Note(Option<usize>, String),
}

/// Adds the references of all models.
pub(super) fn plan(dialect: Dialect, models: &mut [Planned<'_>]) {
    for i in 0..models.len() {
        let table = models[i].table;
        for key in &table.foreign_keys {
            match find(dialect, models, i, key) {
                Found::Field(place, attribute) => {
                    models[i].fields[place].attributes.push(attribute);
                    models[i].fields[place].has_reference = true;
                    note_missing_index(&mut models[i], place);
                }
                Found::Struct(places, attribute) => {
                    models[i].attributes.push(attribute);
                    for place in places {
                        models[i].fields[place].has_reference = true;
                    }
                }
                Found::Note(Some(place), note) => models[i].fields[place].notes.push(note),
                Found::Note(None, note) => models[i].notes.push(note),
            }
        }
    }
}

fn find(dialect: Dialect, models: &[Planned<'_>], from: usize, key: &ForeignKey) -> Found {
    let model = &models[from];
    let noted = |why: &str| {
        let columns = if key.columns.len() > 1 { format!("({}): ", key.columns.join(", ")) } else { String::new() };
        let place = if key.columns.len() > 1 { None } else { key.columns.first().and_then(|name| model.place(name)) };
        Found::Note(place, format!("{columns}References {key}: {why}."))
    };
    if key.schema.is_some() {
        return noted("the other table is not on the search path");
    }
    let same_table = |other: &&Planned<'_>| {
        let (one, other) = (&other.table.name, &key.table);
        one == other || dialect == Dialect::Sqlite && one.eq_ignore_ascii_case(other)
    };
    let Some(target) = models.iter().find(same_table) else { return noted("the other table is not a model") };
    if target.why_not.is_some() {
        return noted("the other table is not a model");
    }
    let Some(own) = in_order_of_key(model, target, key) else {
        return noted("a model references the key of another, and these columns are not that key");
    };
    let type_of = |model: &Planned<'_>, place: usize| model.fields[place].ty.clone().ok();
    if own.iter().zip(&target.key).any(|(own, other)| type_of(model, *own) != type_of(target, *other)) {
        return noted("the columns have other types than the key");
    }
    if own.iter().any(|place| model.fields[*place].has_reference) && own.len() == 1 {
        return noted("the field has another reference already");
    }
    let target_name = if std::ptr::eq(model.table, target.table) { "Self" } else { &target.name };
    let on_delete = on_delete(key, own.iter().all(|place| model.fields[*place].is_nullable));
    if let [place] = own.as_slice() {
        return Found::Field(*place, format!("references = {target_name}, on_delete = {on_delete}"));
    }
    let fields = model.names(&own);
    Found::Struct(own, format!("references({target_name}, fields({fields}), on_delete = {on_delete})"))
}

/// Returns the fields of a reference, in the order of the other model's key.
fn in_order_of_key(model: &Planned<'_>, target: &Planned<'_>, key: &ForeignKey) -> Option<Vec<usize>> {
    if key.targets.len() != target.key.len() {
        return None;
    }
    let own = |place: &usize| {
        let name = &target.fields[*place].column.name;
        let at = key.targets.iter().position(|target| target.eq_ignore_ascii_case(name))?;
        let place = model.place(key.columns.get(at)?)?;
        model.fields[place].ty.is_ok().then_some(place)
    };
    target.key.iter().map(own).collect()
}

/// Returns the word of the rule. The library applies `cascade` and `set_null` itself, and sends signals.
fn on_delete(key: &ForeignKey, is_nullable: bool) -> &'static str {
    match key.on_delete {
        Action::Cascade => "cascade",
        Action::SetNull if is_nullable => "set_null",
        Action::SetNull | Action::SetDefault => "database",
        Action::NoAction | Action::Restrict => "do_nothing",
    }
}

/// Notes that deletes look for referencing rows without an index.
fn note_missing_index(model: &mut Planned<'_>, place: usize) {
    let name = &model.fields[place].column.name;
    let begins = |columns: &[String]| columns.first().is_some_and(|first| first.eq_ignore_ascii_case(name));
    let mut indexes = model.table.indexes.iter().filter(|index| index.is_plain);
    if !indexes.any(|index| begins(&index.columns)) && !begins(&model.table.primary_key) {
        let note = "No index begins with this column, so a delete of the other row reads the whole table.";
        model.fields[place].notes.push(note.to_owned());
    }
}

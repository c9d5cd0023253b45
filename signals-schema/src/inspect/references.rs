//! The references between the models.

use super::plan::Planned;
use crate::description::{Action, ForeignKey, Index};

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
pub(super) fn plan(models: &mut [Planned<'_>]) {
    for i in 0..models.len() {
        let table = models[i].table;
        // A model has one reference of the same fields.
        let mut together: Vec<Vec<usize>> = Vec::new();
        for key in &table.foreign_keys {
            match find(models, i, key) {
                Found::Field(place, attribute) => {
                    models[i].fields[place].attributes.push(attribute);
                    models[i].fields[place].has_reference = true;
                    note_missing_index(&mut models[i], place);
                }
                Found::Struct(places, _) if together.contains(&places) => {
                    let columns = key.columns.join(", ");
                    models[i]
                        .notes
                        .push(format!("({columns}): References {key}: the fields have another reference already."));
                }
                Found::Struct(places, attribute) => {
                    together.push(places.clone());
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

fn find(models: &[Planned<'_>], from: usize, key: &ForeignKey) -> Found {
    let model = &models[from];
    let noted = |why: &str| {
        let columns = if key.columns.len() > 1 { format!("({}): ", key.columns.join(", ")) } else { String::new() };
        let place = if key.columns.len() > 1 { None } else { key.columns.first().and_then(|name| model.place(name)) };
        Found::Note(place, format!("{columns}References {key}: {why}."))
    };
    let Some(target) = models.iter().find(|model| model.is_target_of(key)) else {
        let is_elsewhere = key.schema.is_some();
        return noted(if is_elsewhere {
            "the other table is not on the search path"
        } else {
            "the other table is not a model"
        });
    };
    if target.why_not.is_some() {
        return noted("the other table is not a model");
    }
    let unique = unique_column(target, key);
    let others = unique.as_ref().map_or(&target.key, |unique| unique);
    let Some(own) = in_order_of(others, model, target, key) else {
        return noted("a model references the key of another or a unique column, and these columns are neither");
    };
    let type_of = |model: &Planned<'_>, place: usize| model.fields[place].ty.clone().ok();
    if unique.is_some() && !own.iter().all(|place| type_of(model, *place).is_some_and(|ty| ty.is_key())) {
        return noted("a column of this type is no reference to a unique column");
    }
    if own.iter().zip(others).any(|(own, other)| type_of(model, *own) != type_of(target, *other)) {
        return noted("the columns have other types than the key");
    }
    let has_own = |place: &usize| model.fields[*place].attributes.iter().any(|it| it.starts_with("references = "));
    if own.len() == 1 && own.iter().any(has_own) {
        return noted("the field has another reference already");
    }
    let target_name = if std::ptr::eq(model.table, target.table) { "Self" } else { &target.name };
    let on_delete = on_delete(key, own.iter().all(|place| model.fields[*place].is_nullable));
    if let [place] = own.as_slice() {
        let to = unique.map(|unique| format!(", to = {}", target.names(&unique))).unwrap_or_default();
        return Found::Field(*place, format!("references = {target_name}{to}, on_delete = {on_delete}"));
    }
    let fields = model.names(&own);
    Found::Struct(own, format!("references({target_name}, fields({fields}), on_delete = {on_delete})"))
}

/// Returns the field of the only referenced column, if it is unique and not the key.
fn unique_column(target: &Planned<'_>, key: &ForeignKey) -> Option<Vec<usize>> {
    let [column] = key.targets.as_slice() else { return None };
    let place = target.place(column).filter(|place| target.key != [*place])?;
    let is_unique = |index: &Index| {
        index.is_unique && index.is_plain && index.columns == [target.fields[place].column.name.clone()]
    };
    target.table.indexes.iter().any(is_unique).then(|| vec![place])
}

/// Returns the fields of a reference, in the order of these fields of the other model.
pub(super) fn in_order_of(
    others: &[usize],
    model: &Planned<'_>,
    target: &Planned<'_>,
    key: &ForeignKey,
) -> Option<Vec<usize>> {
    if key.targets.len() != others.len() {
        return None;
    }
    let own = |place: &usize| {
        let name = &target.fields[*place].column.name;
        let at = key.targets.iter().position(|target| target.eq_ignore_ascii_case(name))?;
        let place = model.place(key.columns.get(at)?)?;
        model.fields[place].ty.is_ok().then_some(place)
    };
    others.iter().map(own).collect()
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

//! The tables that link rows of two others.

use super::names::{Names, raw};
use super::plan::{Field, MOST_KEYS, Planned};
use super::references::in_order_of;
use crate::description::{Action, ForeignKey};
use crate::rust_type::RustType;

/// A table of links, by the indexes of the models and of the fields that reference them.
struct Link {
    through: usize,
    ends: [Vec<usize>; 2],
    models: [usize; 2],
    /// Whether the table is only the pair, so that the relation can make its model.
    is_pair: bool,
}

/// Names that methods of models have already.
const METHODS: [&str; 12] = [
    "bulk_create",
    "bulk_delete",
    "bulk_update",
    "create",
    "delete",
    "find",
    "get",
    "key",
    "meta",
    "objects",
    "refresh",
    "save",
];

/// Adds a relation for each table that is nothing but links: two references to two other models that are not NULL, a
/// unique key of the two, and besides these only a generated key, or times that the database fills.
///
/// A table of only these columns has no struct of its own: the relation makes it.
pub(super) fn plan(models: &mut [Planned<'_>]) {
    let links: Vec<_> = (0..models.len()).filter_map(|through| find(models, through)).collect();
    let mut taken: Vec<(usize, String)> = Vec::new();
    for Link { through, ends, models: [one, other], is_pair } in links {
        let mut name = |of: usize, preferred: usize| {
            let link = field_name(&models[through].table.name);
            let candidates = [field_name(&models[preferred].table.name), link.clone(), format!("{link}_links")];
            let is_free = |name: &String| {
                let is_field = models[of].fields.iter().any(|field| field.name == *name);
                !is_field && !METHODS.contains(&name.as_str()) && !taken.contains(&(of, name.clone()))
            };
            let name = candidates.iter().find(|name| is_free(name)).cloned()?;
            taken.push((of, name.clone()));
            Some(name)
        };
        let (Some(relation), Some(related)) = (name(one, other), name(other, one)) else { continue };
        let made = struct_name(&format!("{}_{relation}", models[one].name));
        let is_free =
            !models.iter().any(|model| model.name == made && !std::ptr::eq(model.table, models[through].table));
        let links = if is_pair && is_free {
            models[through].made_by = Some(models[one].table);
            note_deletes(models, through, one);
            let columns = ends.concat().into_iter().map(|place| column(&models[through].fields[place]));
            let columns = columns.collect::<Vec<_>>().join(", ");
            let schema = models[through].schema.filter(|schema| models[one].schema != Some(schema));
            let schema = schema.map(|schema| format!("schema = {schema:?}, ")).unwrap_or_default();
            format!("table = {:?}, {schema}columns({columns})", models[through].table.name)
        } else {
            format!("through = {}", models[through].name)
        };
        let (relation, related, target) = (raw(&relation), raw(&related), &models[other].name);
        let relation = format!("many_to_many({relation}: {target}, related = {related}, {links})");
        models[one].attributes.push(relation);
    }
}

/// Notes that a relation deletes the links of a deleted row, if the database refuses that delete.
fn note_deletes(models: &mut [Planned<'_>], through: usize, one: usize) {
    let links = models[through].table;
    if links.foreign_keys.iter().any(|key| key.on_delete != Action::Cascade) {
        let name = &links.name;
        models[one].notes.push(format!(
            "A delete of a row on either side also deletes its links in `{name}`, which the database refuses."
        ));
    }
}

/// Returns a column as `columns(..)` has it: a name that its field can have, or a string.
fn column(field: &Field<'_>) -> String {
    let name = &field.column.name;
    if *name == field.name { raw(name) } else { format!("{name:?}") }
}

fn field_name(table: &str) -> String {
    Names::default().of_field(table)
}

fn struct_name(table: &str) -> String {
    Names::default().of_struct(table)
}

fn find(models: &[Planned<'_>], through: usize) -> Option<Link> {
    let model = &models[through];
    let [one_key, other_key] = model.table.foreign_keys.as_slice() else { return None };
    if model.why_not.is_some() {
        return None;
    }
    let mut ends = [end(models, model, one_key)?, end(models, model, other_key)?];
    let is_within = |one: &[usize], other: &[usize]| one.iter().all(|place| other.contains(place));
    if is_within(&ends[0].1, &ends[1].1) || is_within(&ends[1].1, &ends[0].1) {
        // Such a row extends the row of one end, and links no other rows to it.
        return None;
    }
    // In the order of the key, the first of the two needs no index.
    let is_key = is_pair_of(&ends, &model.key);
    let position = |place: &usize| if is_key { model.key.iter().position(|it| it == place) } else { Some(*place) };
    ends.sort_by_key(|(_, end)| end.iter().filter_map(position).min());
    let is_unique = model.table.indexes.iter().any(|index| {
        let places: Option<Vec<_>> = index.columns.iter().map(|column| model.place(column)).collect();
        index.is_unique && index.is_plain && places.is_some_and(|places| is_pair_of(&ends, &places))
    });
    let is_linked = |place: &usize| ends.iter().any(|(_, end)| end.contains(place));
    let others: Vec<_> = (0..model.fields.len()).filter(|place| !is_linked(place)).collect();
    let is_filled = |place: &usize| {
        let field = &model.fields[*place];
        let is_counted = model.key == [*place] && field.column.generation.is_some();
        is_counted || field.column.default.is_some() && field.ty.as_ref().is_ok_and(RustType::is_time)
    };
    if !(is_unique || is_key) || !others.iter().all(is_filled) {
        return None;
    }
    let [(one, from), (other, to)] = ends;
    let has_type = |end: &usize| model.fields[*end].attributes.iter().any(|it| it.starts_with("sql_type"));
    // A relation cannot say that the table has no schema if the model has one.
    let has_schema = model.schema.is_some() || models[one].schema.is_none();
    let can_be_named = from.len() + to.len() <= MOST_KEYS && !from.iter().any(|place| to.contains(place));
    let is_pair = others.is_empty() && can_be_named && !from.iter().chain(&to).any(has_type) && has_schema;
    let is_between_others = one != other && one != through && other != through;
    is_between_others.then_some(Link { through, ends: [from, to], models: [one, other], is_pair })
}

/// Returns the model that a foreign key references, and the fields that hold its key, if none is NULL.
fn end(models: &[Planned<'_>], model: &Planned<'_>, key: &ForeignKey) -> Option<(usize, Vec<usize>)> {
    let place = models.iter().position(|model| model.is_target_of(key))?;
    // A relation links keys. A reference to another unique column is one of the through model alone.
    let own = in_order_of(&models[place].key, model, &models[place], key)?;
    let is_end = |place: &usize| model.fields[*place].has_reference && !model.fields[*place].is_nullable;
    own.iter().all(is_end).then_some((place, own))
}

/// Returns whether these are the fields of both ends.
fn is_pair_of(ends: &[(usize, Vec<usize>); 2], places: &[usize]) -> bool {
    let are_linked = places.iter().all(|place| ends.iter().any(|(_, end)| end.contains(place)));
    are_linked && ends.iter().flat_map(|(_, end)| end).all(|place| places.contains(place))
}

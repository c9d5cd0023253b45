//! The tables that link rows of two others.

use super::names::raw;
use super::plan::Planned;

/// A table of links, by the indexes of the models.
struct Link {
    through: usize,
    one: usize,
    other: usize,
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

/// Adds a relation for each table that is nothing but links: a generated key, two references to two other models that
/// are not NULL, and a unique key of the two.
pub(super) fn plan(models: &mut [Planned<'_>]) {
    let links: Vec<_> = (0..models.len()).filter_map(|through| find(models, through)).collect();
    let mut taken: Vec<(usize, String)> = Vec::new();
    for Link { through, one, other } in links {
        let mut name = |of: usize, preferred: usize| {
            let link = field_name(&models[through].table.name);
            let candidates = [field_name(&models[preferred].table.name), link.clone(), format!("{link}_links")];
            let is_free = |name: &String| {
                let is_field = models[of].fields.iter().any(|field| field.name == *name);
                !is_field && !METHODS.contains(&name.as_str()) && !taken.contains(&(of, name.clone()))
            };
            let name = candidates.iter().find(|name| is_free(name)).cloned()?;
            taken.push((of, name.clone()));
            Some(raw(&name))
        };
        let (Some(relation), Some(related)) = (name(one, other), name(other, one)) else { continue };
        let (target, link) = (models[other].name.clone(), models[through].name.clone());
        models[one]
            .attributes
            .push(format!("many_to_many({relation}: {target}, related = {related}, through = {link})"));
    }
}

fn field_name(table: &str) -> String {
    super::names::Names::default().of_field(table)
}

fn find(models: &[Planned<'_>], through: usize) -> Option<Link> {
    let model = &models[through];
    let [key] = model.key.as_slice() else { return None };
    let is_plain = model.why_not.is_none() && model.fields.len() == 3 && model.table.foreign_keys.len() == 2;
    let is_counted = model.fields[*key].column.generation.is_some();
    let ends: Vec<_> = (0..model.fields.len()).filter(|place| place != key).collect();
    let [one, other] = ends.as_slice() else { return None };
    let is_end = |place: &usize| model.fields[*place].has_reference && !model.fields[*place].is_nullable;
    let pair = [&model.fields[*one].column.name, &model.fields[*other].column.name];
    let is_unique = model.table.indexes.iter().any(|index| {
        index.is_unique
            && index.is_plain
            && index.columns.len() == 2
            && pair.iter().all(|it| index.columns.contains(it))
    });
    if !(is_plain && is_counted && is_unique && ends.iter().all(is_end)) {
        return None;
    }
    let target = |place: &usize| {
        let column = &model.fields[*place].column.name;
        let key = model.table.foreign_keys.iter().find(|key| key.columns == [column.clone()])?;
        models.iter().position(|model| model.table.name.eq_ignore_ascii_case(&key.table))
    };
    let (one, other) = (target(one)?, target(other)?);
    (one != other && one != through && other != through).then_some(Link { through, one, other })
}

//! Making the tables of every linked model.

use std::collections::{HashMap, HashSet};

use crate::db::Db;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::registry::linked;
use crate::sql;

impl Db {
    /// Makes the table, the constraints and the indexes of every linked model, where they are not there yet, in one transaction; what is referenced first.
    ///
    /// It never changes a table that is there. The constraint of a reference refuses what would break it, except with `on_delete = database`, which becomes
    /// ON DELETE CASCADE: deletes of this library do the rest themselves, so that receivers hear of it. A model in a crate that nothing names is not linked: `use plugin as _;`.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if two models have the same table or one references a model that is not linked, [`Error::Database`] if the database refuses.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future makes nothing.
    pub async fn create_tables(&self) -> Result<()> {
        let models = linked::models();
        refuse_shared_tables(&models)?;
        let models = referenced_first(&models)?;
        self.atomic(|tx| async move {
            for meta in models {
                for statement in sql::create_tables(meta, tx.try_db()?.backend()) {
                    tx.define(meta.name(), statement).await?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn refuse_shared_tables(models: &[&'static ModelMeta]) -> Result<()> {
    let mut tables = HashMap::new();
    for meta in models {
        // Databases fold the case of names, in part or whole.
        if let Some(other) = tables.insert(meta.table().to_lowercase(), meta.path()) {
            return Err(Error::Schema(format!(
                "the models `{other}` and `{}` have the same table `{}`; give one of them another with `#[model(table = \"..\")]`",
                meta.path(),
                meta.table(),
            )));
        }
    }
    Ok(())
}

/// The models, each behind those it references; where they go round in a circle, by their tables' names.
fn referenced_first(models: &[&'static ModelMeta]) -> Result<Vec<&'static ModelMeta>> {
    let linked: HashSet<_> = models.iter().copied().collect();
    for meta in models {
        if let Some((place, reference)) = meta.references().find(|(_, reference)| !linked.contains(reference.target()))
        {
            let (field, target) = (meta.columns()[place].field, reference.target().path());
            return Err(Error::Schema(format!(
                "`{}` references `{target}` by `{field}`, but that model is not linked; name its crate somewhere, such as `use plugin as _;`",
                meta.name(),
            )));
        }
    }
    let (mut ordered, mut seen) = (Vec::with_capacity(models.len()), HashSet::new());
    for meta in models {
        place_behind_references(meta, &mut ordered, &mut seen);
    }
    Ok(ordered)
}

fn place_behind_references(
    meta: &'static ModelMeta,
    ordered: &mut Vec<&'static ModelMeta>,
    seen: &mut HashSet<&'static ModelMeta>,
) {
    if !seen.insert(meta) {
        return;
    }
    let mut targets: Vec<_> = meta.references().map(|(_, reference)| reference.target()).collect();
    targets.sort_by_key(|target| (target.table(), target.path()));
    for target in targets {
        place_behind_references(target, ordered, seen);
    }
    ordered.push(meta);
}

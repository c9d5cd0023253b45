//! Making the tables of every linked model.

use std::collections::HashMap;

use crate::db::Db;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::registry::linked;
use crate::sql;

impl Db {
    /// Makes the table and the indexes of every linked model, where they are not there yet, in one transaction.
    ///
    /// It never changes a table that is there. A model in a crate that nothing names is not linked: `use plugin as _;`.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if two models have the same table, [`Error::Database`] if the database refuses.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future makes nothing.
    pub async fn create_tables(&self) -> Result<()> {
        let models = linked::models();
        refuse_shared_tables(&models)?;
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

//! The tables of all models of a binary, compared with what the models need.

use std::collections::BTreeSet;

use signals::schema::{check_of, models};
use signals::{Db, Error, ModelMeta};

use crate::own::url;

/// Creates the tables of each module's models in a new database, and compares them with the models.
///
/// A module whose tables cannot be created is left out: some tests are about that.
///
/// # Panics
///
/// If there is a difference.
pub fn created_tables_agree() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let modules: BTreeSet<_> = models().into_iter().filter_map(module).collect();
        let mut compared = 0;
        for module in &modules {
            compared += usize::from(agrees(module).await);
        }
        assert!(compared > 0, "no module of {} has tables that can be created", modules.len());
    });
}

fn module(model: &ModelMeta) -> Option<&'static str> {
    model.path().split("::").nth(1)
}

/// Compares the models of a module, and returns whether its tables could be created.
async fn agrees(name: &str) -> bool {
    let db = Db::connect(&url().await).await.unwrap();
    // Nothing creates the table of an unmanaged model, nor a schema.
    let is_created_here = |model: &ModelMeta| model.is_managed() && model.schema().is_none();
    let is_created = |model: &ModelMeta| {
        is_created_here(model) && model.references().all(|(_, reference)| is_created_here(reference.target()))
    };
    let chosen = |model: &ModelMeta| module(model) == Some(name) && is_created(model);
    match db.create_tables_of(chosen).await {
        Ok(()) => {}
        Err(Error::Schema { .. }) => return false,
        Err(error) => panic!("{name}: {error}"),
    }
    let differences: Vec<_> = check_of(&db, chosen).await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(differences, Vec::<String>::new(), "{name}");
    true
}

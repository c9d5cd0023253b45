//! Compares the linked models with a database.

mod values;

use std::collections::BTreeSet;

use signals_core::db::{Handle, IntoHandle};
use signals_core::error::Result;
use signals_core::model::ModelMeta;
use signals_core::store::linked_models;

use crate::description::Schema;
use crate::difference::Difference;

/// Returns every linked model, sorted by its table's name.
///
/// A model in a crate that no code names is not linked: write `use plugin as _;`.
pub fn models() -> Vec<&'static ModelMeta> {
    linked_models()
}

/// Compares every linked model with its table, and returns the differences.
///
/// It reads the catalog of the database and writes nothing. [`Schema::differences`] lists what is compared. A database
/// that `create_tables` made has no difference.
///
/// In SQLite, which keeps any value in any column, it also reads 20 values of each column. It reports a value that the
/// field does not read, or that a condition with the same value does not find: see
/// [`DifferenceKind::Value`](crate::DifferenceKind::Value).
///
/// With the feature `tasks` the models of tasks are linked, whether the program has tasks or not. They are left out if
/// the database has none of their tables. [`check_of`] compares them in any case.
///
/// # Errors
///
/// [`Error::Database`](signals_core::error::Error::Database) if the catalog cannot be read.
///
/// # Cancel safety
///
/// If the future is dropped, nothing has changed.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Db, Model, Result};
/// use signals::schema::{self, DifferenceKind};
///
/// #[derive(Debug, Model)]
/// struct Note { id: i64, title: String }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     sqlx::query("CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT)").execute(db.sqlite()?).await?;
///
///     let differences = schema::check(&db).await?;
///     assert_eq!(
///         differences[0].to_string(),
///         "`note` (title): null: the model `Note` has NOT NULL, the database has NULL"
///     );
///     assert!(matches!(&differences[0].kind, DifferenceKind::Null { column, .. } if column == "title"));
///     Ok(())
/// }
/// ```
pub async fn check<'a>(on: impl IntoHandle<'a>) -> Result<Vec<Difference>> {
    let on = on.into_handle();
    let schema = Schema::read_with(on, &schemas(&models())).await?;
    let is_of_tasks = |meta: &ModelMeta| meta.path().starts_with("signals_tasks::");
    let has_tasks = models().iter().any(|meta| is_of_tasks(meta) && schema.table(meta.table()).is_some());
    let models = models().into_iter().filter(|meta| has_tasks || !is_of_tasks(meta)).collect();
    all_differences(on, &schema, models).await
}

/// Compares the chosen models with their tables, for a program whose models are in several databases.
///
/// # Errors
///
/// See [`check`].
///
/// # Cancel safety
///
/// See [`check`].
pub async fn check_of<'a>(on: impl IntoHandle<'a>, chosen: impl Fn(&ModelMeta) -> bool) -> Result<Vec<Difference>> {
    let models: Vec<_> = models().into_iter().filter(|meta| chosen(meta)).collect();
    let on = on.into_handle();
    let schema = Schema::read_with(on, &schemas(&models)).await?;
    all_differences(on, &schema, models).await
}

/// Returns the differences of the tables, and of their values.
async fn all_differences(on: Handle<'_>, schema: &Schema, models: Vec<&'static ModelMeta>) -> Result<Vec<Difference>> {
    let mut differences = schema.differences(models.iter().copied());
    differences.extend(values::differences(on, schema, &models).await?);
    Ok(differences)
}

/// Returns the schemas that models name.
fn schemas(models: &[&'static ModelMeta]) -> Vec<&'static str> {
    let names: BTreeSet<_> = models.iter().filter_map(|meta| meta.schema()).collect();
    names.into_iter().collect()
}

//! Models from the tables of a database, as source code.

mod attributes;
mod links;
mod names;
mod plan;
mod print;
mod references;

use signals_core::db::IntoHandle;
use signals_core::error::Result;

use crate::description::{Schema, Table};
use plan::Plan;

/// Reads a database, and returns the source code of models for its tables.
///
/// See [`Schema::to_models`]. In SQLite it also reads some values: see [`Schema::read_values`].
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
/// ```
/// # use signals::{Db, Result};
/// use signals::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = Db::connect("sqlite::memory:").await?;
/// let sql = r#"CREATE TABLE "Customer" ("CustomerId" INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, fax TEXT)"#;
/// sqlx::query(sql).execute(db.sqlite()?).await?;
///
/// let models = schema::inspect(&db).await?;
/// assert!(models.contains(
///     r#"
/// #[derive(Debug, Clone, PartialEq, Model)]
/// #[model(table = "Customer")]
/// pub struct Customer {
///     #[model(primary_key, column = "CustomerId")]
///     pub customer_id: i64,
///     #[model(unique)]
///     pub email: String,
///     pub fax: Option<String>,
/// }
/// "#
/// ));
/// # Ok(()) }
/// ```
pub async fn inspect<'a>(on: impl IntoHandle<'a>) -> Result<String> {
    let on = on.into_handle();
    let mut schema = Schema::read(on).await?;
    schema.read_values(on).await?;
    Ok(schema.to_models(|_| true))
}

impl Schema {
    /// Returns the source code of models for the chosen tables.
    ///
    /// What a model cannot express becomes a comment: a column without a type of this library is a comment in its
    /// struct, and a table without a key is a struct in comments, with the reason. A table of other schemas, and a
    /// partition, is a line of comment. The types are those of the databases that are compiled in.
    ///
    /// Check each `on_delete`: ON DELETE CASCADE and SET NULL become `cascade` and `set_null`, so that the deletes of
    /// the library send signals. All others become `do_nothing`, so that the database refuses the delete.
    pub fn to_models(&self, chosen: impl Fn(&Table) -> bool) -> String {
        let plan = Plan::of(self, &chosen);
        print::print(self, &plan, chosen)
    }
}

//! Writes of many rows: of instances, and of a query set.

use std::fmt;

use super::options::option_method;
use crate::db::Handle;
use crate::model::{Entity, FieldSet};
use crate::query::{Assignment, Select};

/// The options of a bulk write.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct BulkOptions {
    pub(in crate::store) batch_size: Option<usize>,
    pub(in crate::store) raw: bool,
    pub(in crate::store) quiet: bool,
}

/// An INSERT of many instances that is about to happen: `.await` it, or set options first.
///
/// [`Model::bulk_create`](crate::store::Model::bulk_create) returns it.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result, pre_save, receiver};
///
/// #[derive(Debug, Model)]
/// struct User { id: i64, email: String }
///
/// #[receiver(pre_save, sender = User)]
/// fn lower_case(instance: &mut User) {
///     instance.email.make_ascii_lowercase();
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///
///     let mut users = ["Alice@example.com", "Bob@example.com"].map(|email| User { id: 0, email: email.into() });
///     User::bulk_create(&db, &mut users).await?;
///     assert_eq!(users.map(|user| (user.id, user.email)), [(1, "alice@example.com".into()), (2, "bob@example.com".into())]);
///     Ok(())
/// }
/// ```
#[must_use = "a bulk write does nothing until it is awaited"]
pub struct BulkCreate<'a, M> {
    pub(in crate::store) instances: &'a mut [M],
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: BulkOptions,
}

impl<M: Entity> fmt::Debug for BulkCreate<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkCreate")
            .field("model", &M::meta().name())
            .field("instances", &self.instances.len())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> BulkCreate<'a, M> {
    pub(in crate::store) fn new(instances: &'a mut [M], on: Handle<'a>) -> Self {
        Self { instances, on, options: BulkOptions::default() }
    }

    option_method! { batch_size: options.batch_size }
    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }
}

/// An UPDATE of many instances that is about to happen: `.await` it, or set options first.
///
/// [`Model::bulk_update`](crate::store::Model::bulk_update) returns it.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Error, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct Product {
///     id: i64,
///     name: String,
///     cents: i64,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let mut products = ["tea", "cup"].map(|name| Product { id: 0, name: name.into(), cents: 500 });
///     Product::bulk_create(&db, &mut products).await?;
///
///     for (product, cents) in products.iter_mut().zip([450, 300]) {
///         product.cents = cents;
///     }
///     Product::bulk_update(&db, &mut products, [Product::CENTS]).batch_size(200).quiet().await?;
///     assert_eq!(Product::get(&db, products[1].id).await?.cents, 300);
///
///     // If one row is gone, the whole call fails.
///     products[0].delete(&db).await?;
///     let error = Product::bulk_update(&db, &mut products, [Product::CENTS]).await.unwrap_err();
///     assert!(matches!(error, Error::NotUpdated { .. }));
///     Ok(())
/// }
/// ```
#[must_use = "a bulk write does nothing until it is awaited"]
pub struct BulkUpdate<'a, M> {
    pub(in crate::store) instances: &'a mut [M],
    pub(in crate::store) fields: FieldSet,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) options: BulkOptions,
}

impl<M: Entity> fmt::Debug for BulkUpdate<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkUpdate")
            .field("model", &M::meta().name())
            .field("instances", &self.instances.len())
            .field("fields", &self.fields)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> BulkUpdate<'a, M> {
    pub(in crate::store) fn new(instances: &'a mut [M], fields: FieldSet, on: Handle<'a>) -> Self {
        Self { instances, fields, on, options: BulkOptions::default() }
    }

    option_method! { batch_size: options.batch_size }
    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }
}

/// An UPDATE of a query set that is about to happen: `.await` it, or set options first.
#[must_use = "an update does nothing until it is awaited"]
pub struct UpdateObjects<'a, M> {
    pub(in crate::store) select: Select,
    pub(in crate::store) assignments: Vec<Assignment<M>>,
    pub(in crate::store) on: Handle<'a>,
    pub(in crate::store) batch_size: Option<usize>,
    pub(in crate::store) quiet: bool,
}

impl<M: Entity> fmt::Debug for UpdateObjects<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateObjects")
            .field("model", &M::meta().name())
            .field("select", &self.select)
            .field("assignments", &self.assignments)
            .field("batch_size", &self.batch_size)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity> UpdateObjects<'a, M> {
    pub(in crate::store) fn new(select: Select, assignments: Vec<Assignment<M>>, on: Handle<'a>) -> Self {
        Self { select, assignments, on, batch_size: None, quiet: false }
    }

    option_method! {
        /// It also reads at most `rows` rows at a time. If the signals have no receivers, one statement
        /// writes all rows.
        batch_size: batch_size
    }
    option_method! { quiet: quiet }
}

//! Creation of the tables of every linked model.

use std::collections::{HashMap, HashSet};

use super::capture::CAPTURE_TABLE;
use super::table;
use crate::backend::{Args, Backend};
use crate::db::{Db, Doing, Handle, IntoHandle as _, Statement, Tx};
use crate::error::{Error, Result};
use crate::model::{ModelMeta, Reference};
use crate::registry::models;
use crate::sql::{self, AddedReference};

impl Db {
    /// Creates the missing tables, constraints and indexes of every linked model, in one transaction.
    /// Referenced tables come first.
    ///
    /// It never changes a column or a constraint of an existing table. On SQLite and PostgreSQL it adds the
    /// indexes of the model that such a table lacks. On MySQL it adds none. It looks for a table where a
    /// statement of the database would: along the whole search path of PostgreSQL, and in every attached file
    /// of SQLite. Several programs may call it at once.
    ///
    /// The constraint of a reference refuses changes that would break it. With `on_delete = database` it
    /// becomes ON DELETE CASCADE. All other rules are applied by the deletes of this library, so that
    /// receivers are called. A model in a crate that no code names is not linked: write `use plugin as _;`.
    ///
    /// A model with `#[model(capture)]` gets its triggers if they are missing. Triggers of an older version stay: a
    /// migration replaces them.
    ///
    /// The table of a model with `#[model(managed = false)]` is neither created nor changed. A schema that a model names
    /// must exist.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if two models have the same table, one references a model that is not linked, or the
    /// database does not accept the name of a table or a column; [`Error::Database`] if the database returns
    /// an error.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is created, except on MySQL: it commits each statement, and keeps
    /// what was created so far.
    ///
    /// # Transactions
    ///
    /// On a `Db` within a transaction ([`Tx::as_db`]), the tables are a part of that transaction. On MySQL each
    /// statement commits it.
    pub async fn create_tables(&self) -> Result<()> {
        self.create_tables_of(|_| true).await
    }

    /// Creates the tables of the chosen models and of those they reference, for a program whose models are in
    /// several databases.
    ///
    /// A delete looks for referencing rows in the tables of all linked models. A model must therefore be in
    /// the same database as the models that it references.
    ///
    /// # Errors
    ///
    /// See [`create_tables`](Self::create_tables).
    ///
    /// # Cancel safety
    ///
    /// See [`create_tables`](Self::create_tables).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Report { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let reports = Db::builder("sqlite::memory:").name("reports").connect().await?;
    /// reports.create_tables_of(|model| model.is::<Report>()).await?;
    /// assert_eq!(Report::objects().count(&reports).await?, 0);
    /// assert!(User::objects().count(&reports).await.is_err());    // no such table
    /// # Ok(()) }
    /// ```
    pub async fn create_tables_of(&self, chosen: impl Fn(&ModelMeta) -> bool) -> Result<()> {
        let models = ordered(chosen, self.backend())?;
        let left = self.atomic(|tx| async move { create(&models, &tx).await }).await?;
        for (meta, reference) in left {
            add_reference(meta, &reference, self).await?;
        }
        Ok(())
    }

    /// Returns the statements with which [`create_tables_of`](Self::create_tables_of) creates the tables of the
    /// chosen models on an empty database, for a migration.
    ///
    /// It reads nothing from the database. The statements are those of its kind, without semicolons at their ends.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`], as [`create_tables`](Self::create_tables).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Report { id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// for statement in db.table_definitions(|model| model.is::<Report>())? {
    ///     println!("{statement};");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn table_definitions(&self, chosen: impl Fn(&ModelMeta) -> bool) -> Result<Vec<String>> {
        let (mut there, mut statements, mut references) = (HashSet::new(), Vec::new(), Vec::new());
        let mut triggers = Vec::new();
        for meta in ordered(chosen, self.backend())? {
            let definition = sql::definition(meta, self.backend(), |target| is_there(target, &there));
            statements.push(definition.table);
            statements.extend(definition.indexes);
            references.extend(definition.references.into_iter().map(|reference| reference.statement));
            triggers.extend(trigger_statements(meta, self.backend()));
            there.insert(meta);
        }
        statements.extend(references);
        statements.extend(triggers);
        Ok(statements)
    }
}

/// Returns the managed ones of the chosen models and those they reference, each after the latter.
fn ordered(chosen: impl Fn(&ModelMeta) -> bool, backend: Backend) -> Result<Vec<&'static ModelMeta>> {
    let linked = needed();
    refuse_unlinked(&linked)?;
    let chosen: Vec<_> = linked.iter().copied().filter(|meta| chosen(meta)).collect();
    let mut models = referenced_first(&chosen);
    add_capture_table(&mut models, &linked)?;
    models.iter().try_for_each(|meta| refuse_ambiguous_references(meta))?;
    models.retain(|meta| meta.is_managed());
    refuse_shared_tables(&models)?;
    models.iter().try_for_each(|meta| refuse_names(meta, backend))?;
    Ok(models)
}

/// Returns every linked model, sorted by its table's name. The table of captured writes is needed only if a model has
/// them.
pub(super) fn needed() -> Vec<&'static ModelMeta> {
    let mut linked = models::all();
    if !linked.iter().any(|meta| meta.is_captured()) {
        linked.retain(|meta| meta.table() != CAPTURE_TABLE);
    }
    linked
}

/// Adds the table to which the triggers of the models write.
fn add_capture_table(models: &mut Vec<&'static ModelMeta>, linked: &[&'static ModelMeta]) -> Result<()> {
    let is_capture_table = |meta: &&&'static ModelMeta| meta.table() == CAPTURE_TABLE;
    let Some(captured) = models.iter().find(|meta| meta.is_captured()) else { return Ok(()) };
    if models.iter().any(|meta| is_capture_table(&meta)) {
        return Ok(());
    }
    let Some(table) = linked.iter().find(is_capture_table) else {
        let problem = format!("`capture` needs the table `{CAPTURE_TABLE}`; turn on the feature `tasks`");
        return Err(refused(captured, problem));
    };
    models.push(table);
    Ok(())
}

/// Returns the statements that create the missing triggers of a model.
fn trigger_statements(meta: &ModelMeta, backend: Backend) -> Vec<String> {
    let mut statements = Vec::new();
    for trigger in sql::capture_triggers(meta, backend) {
        statements.extend(trigger.before.filter(|before| !statements.contains(before)));
        statements.push(trigger.create);
    }
    statements
}

/// Returns whether a table is there already, or is not created here.
fn is_there(target: &ModelMeta, created: &HashSet<&'static ModelMeta>) -> bool {
    !target.is_managed() || created.contains(target)
}

/// Creates the tables, and then the references of new tables that could not be created with them. Returns the
/// references that must be added outside of this transaction.
async fn create(models: &[&'static ModelMeta], tx: &Tx) -> Result<Vec<(&'static ModelMeta, AddedReference)>> {
    let backend = tx.backend();
    if let Some(lock) = backend.capabilities().schema.lock {
        tx.define("every model", lock.to_owned()).await?;
    }
    let mut there = HashSet::new();
    let (mut references, mut elsewhere) = (Vec::new(), HashSet::new());
    for meta in models {
        let definition = sql::definition(meta, backend, |target| is_there(target, &there));
        let found = find(meta, tx).await?;
        if found == Found::Nowhere {
            tx.define(meta.name(), definition.table).await?;
            references.extend(definition.references.into_iter().map(|reference| (*meta, reference)));
        }
        if found == Found::Elsewhere {
            elsewhere.insert(*meta);
        } else {
            for statement in definition.indexes {
                tx.define(meta.name(), statement).await?;
            }
        }
        if found == Found::Nowhere {
            // This saves the query at the first write.
            table::ask(meta, Handle::Tx(tx)).await?;
        }
        there.insert(*meta);
    }
    let mut left = Vec::new();
    if backend.capabilities().schema.reference_is_there.is_some() {
        left = references;
    } else {
        for (meta, reference) in references {
            tx.define(meta.name(), reference.statement).await?;
        }
    }
    for meta in models.iter().filter(|meta| !elsewhere.contains(*meta)) {
        for statement in trigger_statements(meta, backend) {
            tx.define_unprepared(meta.name(), statement).await?;
        }
    }
    Ok(left)
}

/// The place of a model's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nowhere,
    Here,
    /// In another place that the database searches, or a view. It is left as it is.
    Elsewhere,
}

/// Looks for a model's table where a statement of the database would.
async fn find(meta: &ModelMeta, tx: &Tx) -> Result<Found> {
    let backend = tx.backend();
    let queries = &backend.capabilities().schema;
    let args = sql::bind_table(backend, meta)?;
    let statement = Statement::once((queries.table_is_there)(&sql::schema_or(meta, queries.implied)));
    let is_table = Handle::Tx(tx).first(&statement, args, doing(meta), |row| row.get::<i64>("is_table")).await?;
    Ok(match is_table {
        None => Found::Nowhere,
        Some(0) => Found::Elsewhere,
        Some(_) => Found::Here,
    })
}

/// The number of attempts to add a reference whose name another program is about to use. Each takes 50 ms.
const TRIES: usize = 200;

/// Adds a reference, unless another program has done so meanwhile.
async fn add_reference(meta: &'static ModelMeta, reference: &AddedReference, db: &Db) -> Result<()> {
    let mut tries = 0;
    loop {
        let statement = reference.statement.clone();
        let added = db.atomic(|tx| async move { tx.define(meta.name(), statement).await }).await;
        let Err(error) = added else { return Ok(()) };
        let is_name_taken = matches!(&error, Error::Database { source, .. } if db.backend().is_name_taken(source));
        let question = db.backend().capabilities().schema.reference_is_there.filter(|_| is_name_taken);
        let Some(question) = question else { return Err(error) };
        if is_added(meta, reference, question, db).await? {
            return Ok(());
        }
        tries += 1;
        if tries == TRIES {
            return Err(error);
        }
        // The other program has taken the name and has not finished, or its statement and this one block each
        // other.
        let (statement, args) = (Statement::once(sql::WAIT.into()), Args::new(db.backend(), 0));
        db.into_handle().first(&statement, args, doing(meta), |_| Ok(())).await?;
    }
}

async fn is_added(
    meta: &'static ModelMeta,
    reference: &AddedReference,
    question: fn(&str) -> String,
    db: &Db,
) -> Result<bool> {
    let mut args = Args::new(db.backend(), 2);
    args.add(&meta.table().to_owned())?;
    args.add(&reference.name)?;
    let schema = sql::schema_or(meta, db.backend().capabilities().schema.implied);
    let statement = Statement::once(question(&schema));
    Ok(db.into_handle().first(&statement, args, doing(meta), |_| Ok(())).await?.is_some())
}

fn doing(meta: &ModelMeta) -> Doing {
    Doing { verb: "CREATE", model: meta.name() }
}

fn refuse_shared_tables(models: &[&'static ModelMeta]) -> Result<()> {
    let mut tables = HashMap::new();
    for meta in models {
        if let Some(other) = tables.insert(meta.table_name().folded(), meta.path()) {
            let problem = format!(
                "the models `{other}` and `{}` both use this table; give one of them another with `#[model(table = \"..\")]`",
                meta.path(),
            );
            return Err(refused(meta, problem));
        }
    }
    Ok(())
}

/// Refuses names that the database would truncate, or refuse with a less clear error.
fn refuse_names(meta: &ModelMeta, backend: Backend) -> Result<()> {
    let columns = meta.columns().iter().map(|column| ("column", column.column));
    let schema = meta.schema().map(|schema| ("schema", schema));
    for (what, name) in schema.into_iter().chain([("table", meta.table())]).chain(columns) {
        if let Some(reason) = (backend.capabilities().refuse_name)(name) {
            let problem = format!(
                "{backend} refuses the name of the {what} `{name}`: {reason}; give it another with `#[model({what} = \"..\")]`"
            );
            return Err(refused(meta, problem));
        }
    }
    Ok(())
}

fn refuse_unlinked(linked: &[&'static ModelMeta]) -> Result<()> {
    let known: HashSet<_> = linked.iter().copied().collect();
    for meta in linked {
        let unlinked = |(_, reference): &(&[usize], Reference)| !known.contains(reference.target());
        if let Some((places, reference)) = meta.references().find(unlinked) {
            let (field, target) = (meta.fields_of(places, reference), reference.target().path());
            let problem = format!(
                "the field `{field}` references `{target}`, but that model is not linked; name its crate somewhere, such as `use plugin as _;`"
            );
            return Err(refused(meta, problem));
        }
    }
    Ok(())
}

/// Refuses a reference to a column that several rows may have in common.
fn refuse_ambiguous_references(meta: &ModelMeta) -> Result<()> {
    for (places, reference) in meta.references().filter(|(_, reference)| reference.column().is_some()) {
        let (target, columns) = (reference.target(), reference.target_columns());
        let column = columns.first().and_then(|index| target.columns().get(*index));
        let is_unique = column.is_some_and(|column| column.unique) || target.primary_key_columns() == columns;
        if !is_unique {
            let (field, target) = (meta.fields_of(places, reference), target.name());
            let column = column.map_or("", |column| column.field);
            let problem = format!(
                "the field `{field}` references `{column}` of `{target}`, which is not unique; write `#[model(unique)]` on it"
            );
            return Err(refused(meta, problem));
        }
    }
    Ok(())
}

fn refused(meta: &ModelMeta, problem: String) -> Error {
    Error::Schema { model: meta.name(), table: meta.table(), problem }
}

/// Returns the models and those they reference, each after the latter. In a circle, the order is by table
/// name.
fn referenced_first(models: &[&'static ModelMeta]) -> Vec<&'static ModelMeta> {
    let (mut ordered, mut seen) = (Vec::with_capacity(models.len()), HashSet::new());
    for meta in models {
        place_behind_references(meta, &mut ordered, &mut seen);
    }
    ordered
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

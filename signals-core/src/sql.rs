//! The statements of a model for a backend. Each is built once and kept.

mod among;
mod attached;
mod capture;
mod filled;
mod key_facts;
mod links;
mod naming;
mod own_write;
mod rows;
mod schema;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use crate::backend::{Backend, MadeKeys};
use crate::db::Statement;
use crate::model::{Bits, FieldSet, ModelMeta};

pub(crate) use among::{Among, Reset, broken_reference, reference_rule};
pub use attached::AttachedTable;
pub(crate) use capture::{IS_COMPLETE, capture_triggers, drop_trigger, select_captured};
pub(crate) use filled::insert_rows_filled;
pub(crate) use key_facts::{bind_key_facts, bind_table, schema_or};
pub(crate) use links::{LinkFilter, Links};
pub(crate) use naming::planned_name;
pub(crate) use own_write::own_write;
pub(crate) use rows::{insert_rows, insert_rows_returning, set_rows, update_rows, upsert_rows};
pub(crate) use schema::{AddedReference, WAIT, can_reference, definition, planned_column};

/// The number of statements of a model and one kind that are kept, such as those of different `update_fields`.
/// Others are built at each call.
const KEPT: usize = 64;

/// The single-row statements of one model.
#[derive(Debug)]
pub(crate) struct Statements {
    meta: &'static ModelMeta,
    backend: Backend,
    /// INSERT of every column.
    pub(crate) insert: Statement,
    /// INSERT of every column except the key, which the database generates.
    pub(crate) insert_unset: Statement,
    /// UPDATE of every column except the key; `None` for a model that has only its key.
    pub(crate) update: Option<Statement>,
    /// DELETE by key.
    pub(crate) delete: Statement,
    /// SELECT of every column by key.
    pub(crate) select: Statement,
    /// SELECT of every column by key, of a row that is about to be written.
    pub(crate) select_to_write: Statement,
    updates: RwLock<HashMap<Bits, Arc<Statement>>>,
    /// Those that return what the database filled.
    filled: RwLock<HashMap<FilledStatement, Arc<Statement>>>,
    /// Those that insert rows of another table too, by that table and the number of its rows.
    attaching: RwLock<HashMap<(AttachedStatement, usize, usize), Arc<Statement>>>,
}

/// A statement that writes some of the columns of a row, and returns others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FilledStatement {
    verb: FilledVerb,
    written: Bits,
    returned: Bits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum FilledVerb {
    Insert,
    /// The database generates the key.
    InsertUnset,
    Update,
}

/// A statement of a model that inserts rows of another table too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum AttachedStatement {
    Insert,
    InsertUnset,
    Update(Option<Bits>),
}

impl Statements {
    pub(crate) fn new(meta: &'static ModelMeta, backend: Backend) -> Self {
        let all: Vec<usize> = (0..meta.columns().len()).collect();
        let [inserted, unset, updated] = [meta.inserted(false), meta.inserted(true), meta.updated()].map(indexes);
        Self {
            meta,
            backend,
            insert: Statement::kept(insert(meta, backend, &inserted)),
            insert_unset: Statement::kept(insert(meta, backend, &unset) + &answering(meta, backend)),
            update: (!updated.is_empty()).then(|| Statement::kept(update(meta, backend, &updated))),
            delete: Statement::kept(delete(meta, backend)),
            select: Statement::kept(select(meta, backend, &all)),
            select_to_write: Statement::kept(select(meta, backend, &all) + backend.capabilities().locks.exclusive),
            updates: RwLock::default(),
            filled: RwLock::default(),
            attaching: RwLock::default(),
        }
    }

    /// UPDATE of these columns.
    pub(crate) fn update_of(&self, fields: FieldSet) -> Arc<Statement> {
        kept_or_built(&self.updates, fields.bits(), || update(self.meta, self.backend, &indexes(fields)))
    }
}

/// Returns the statement of this key. It is kept, unless [`KEPT`] others are.
fn kept_or_built<K: Eq + Hash>(
    all: &RwLock<HashMap<K, Arc<Statement>>>,
    key: K,
    text: impl FnOnce() -> String,
) -> Arc<Statement> {
    let kept = all.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(statement) = kept.get(&key) {
        return Arc::clone(statement);
    }
    let full = kept.len() >= KEPT;
    drop(kept);
    if full {
        return Arc::new(Statement::built(text()));
    }
    let text = text();
    let mut kept = all.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(kept.entry(key).or_insert_with(|| Arc::new(Statement::kept(text))))
}

fn indexes(fields: FieldSet) -> Vec<usize> {
    fields.indexes().collect()
}

fn insert(meta: &ModelMeta, backend: Backend, columns: &[usize]) -> String {
    let mut sql = format!("INSERT INTO {}", table(meta, backend));
    if columns.is_empty() {
        sql.push_str(backend.capabilities().inserts.defaults);
        return own_write(meta, backend, sql);
    }
    let names = names(meta, backend, columns, |name, _| name);
    let values = names_of(1..=columns.len(), |place| placeholder(backend, place));
    let _ = write!(sql, " ({names}) VALUES ({values})");
    own_write(meta, backend, sql)
}

fn delete(meta: &ModelMeta, backend: Backend) -> String {
    own_write(meta, backend, format!("DELETE FROM {}{}", table(meta, backend), by_key(meta, backend, 1)))
}

/// Returns the clause for an INSERT of one row to return the generated key, if the database needs one.
fn answering(meta: &ModelMeta, backend: Backend) -> String {
    match backend.capabilities().inserts.made_keys {
        MadeKeys::Returned => returning(meta, backend),
        MadeKeys::Counted { .. } => String::new(),
    }
}

/// Returns the clause that returns the key as the largest integer type, for a column of any integer type. No
/// database generates a composite key, so there is nothing to return.
fn returning(meta: &ModelMeta, backend: Backend) -> String {
    returned_key(meta, backend).map(|key| format!(" RETURNING {key}")).unwrap_or_default()
}

fn returned_key(meta: &ModelMeta, backend: Backend) -> Option<String> {
    let key = quoted(backend, meta.columns()[meta.single_key()?].column);
    Some(match backend.capabilities().inserts.returned_key_type {
        Some(sql_type) => format!("CAST({key} AS {sql_type}) AS {key}"),
        None => key,
    })
}

fn update(meta: &ModelMeta, backend: Backend, columns: &[usize]) -> String {
    let assignments = names(meta, backend, columns, |name, place| format!("{name} = {}", placeholder(backend, place)));
    let (table, found) = (table(meta, backend), by_key(meta, backend, columns.len() + 1));
    let Some(version) = counted(meta, backend, columns) else {
        return own_write(meta, backend, format!("UPDATE {table} SET {assignments}{found}"));
    };
    let place = placeholder(backend, columns.len() + meta.primary_key_columns().len() + 1);
    let (counted, version) = (and_counted(assignments, &version), version.name);
    own_write(meta, backend, format!("UPDATE {table} SET {counted}{found} AND {version} = {place}"))
}

/// A version that an UPDATE counts.
struct Counted {
    /// The name of its column in quotes.
    name: String,
    greatest: i64,
    backend: Backend,
}

impl Counted {
    /// Returns the assignment that counts it. `set` and `read` come before the names of the column on the left and
    /// on the right.
    fn assignment(&self, set: &str, read: &str) -> String {
        let Self { name, greatest, backend } = self;
        let next = (backend.capabilities().computing.next)(&format!("{read}{name}"), *greatest);
        format!("{set}{name} = {next}")
    }
}

/// Returns the version of a model, if an UPDATE of these columns counts it.
fn counted(meta: &ModelMeta, backend: Backend, columns: &[usize]) -> Option<Counted> {
    let (index, greatest) = meta.greatest_version().filter(|(version, _)| !columns.contains(version))?;
    Some(Counted { name: quoted(backend, meta.columns()[index].column), greatest, backend })
}

/// Adds the assignment that counts a version.
fn and_counted(assignments: String, version: &Counted) -> String {
    let comma = if assignments.is_empty() { "" } else { ", " };
    assignments + comma + &version.assignment("", "")
}

/// Returns the assignment that counts the version of a model, if it has one.
pub(crate) fn counting(meta: &ModelMeta, backend: Backend) -> Option<(&'static str, String)> {
    let (index, greatest) = meta.greatest_version()?;
    let column = meta.columns()[index].column;
    let read = format!("{}.{}", quoted(backend, meta.table()), quoted(backend, column));
    Some((column, (backend.capabilities().computing.next)(&read, greatest)))
}

/// Returns a SELECT of every column of every row.
pub(crate) fn select_all(meta: &ModelMeta, backend: Backend) -> String {
    let all: Vec<usize> = (0..meta.columns().len()).collect();
    format!("SELECT {} FROM {}", names(meta, backend, &all, |name, _| name), table(meta, backend))
}

fn select(meta: &ModelMeta, backend: Backend, columns: &[usize]) -> String {
    let names = names(meta, backend, columns, |name, _| name);
    format!("SELECT {names} FROM {}{}", table(meta, backend), by_key(meta, backend, 1))
}

/// Returns the condition that finds the row of a key, whose first part is bound at this place.
fn by_key(meta: &ModelMeta, backend: Backend, place: usize) -> String {
    format!(" WHERE {}", equal(meta, backend, meta.primary_key_columns(), place))
}

/// Returns the condition that columns equal values, the first of which is bound at this place.
fn equal(meta: &ModelMeta, backend: Backend, columns: &[usize], place: usize) -> String {
    let equals = columns.iter().zip(place..);
    let equals = equals.map(|(index, place)| {
        format!("{} = {}", quoted(backend, meta.columns()[*index].column), placeholder(backend, place))
    });
    equals.collect::<Vec<_>>().join(" AND ")
}

/// Returns the condition that columns have one of this number of values, or of tuples of values. The first value
/// is bound at this place.
///
/// PostgreSQL and MariaDB find each tuple of a row `IN` by the index, and a parameter there has the type of its
/// column. SQLite scans the table for a row `IN`. ARCHITECTURE.md has the figures.
fn one_of(meta: &ModelMeta, backend: Backend, columns: &[usize], place: usize, values: usize) -> String {
    let width = columns.len();
    let firsts = (0..values).map(|value| place + value * width);
    let names = names(meta, backend, columns, |name, _| name);
    if width == 1 {
        return format!("{names} IN ({})", names_of(firsts, |place| placeholder(backend, place)));
    }
    if backend.capabilities().row_in_uses_indexes {
        let tuple = |first| format!("({})", names_of(first..first + width, |place| placeholder(backend, place)));
        return format!("({names}) IN ({})", names_of(firsts, tuple));
    }
    any(&firsts.map(|first| format!("({})", equal(meta, backend, columns, first))).collect::<Vec<_>>())
}

/// Joins conditions by OR, in halves: SQLite limits the depth of an expression.
fn any(conditions: &[String]) -> String {
    match conditions {
        [] => "1 = 0".into(),
        [one] => one.clone(),
        several => {
            let (some, others) = several.split_at(several.len() / 2);
            format!("({} OR {})", any(some), any(others))
        }
    }
}

/// Returns the clause that sorts rows by their keys.
fn ordered(meta: &ModelMeta, backend: Backend) -> String {
    format!(" ORDER BY {}", names(meta, backend, meta.primary_key_columns(), |name, _| name))
}

/// Returns the name of a model's table in quotes, with its schema.
pub(crate) fn table(meta: &ModelMeta, backend: Backend) -> String {
    let table = quoted(backend, meta.table());
    meta.schema().map(|schema| format!("{}.{table}", quoted(backend, schema))).unwrap_or(table)
}

fn names(meta: &ModelMeta, backend: Backend, columns: &[usize], each: impl Fn(String, usize) -> String) -> String {
    let each = |(place, index): (usize, &usize)| each(quoted(backend, meta.columns()[*index].column), place + 1);
    columns.iter().enumerate().map(each).collect::<Vec<_>>().join(", ")
}

fn names_of(places: impl Iterator<Item = usize>, each: impl Fn(usize) -> String) -> String {
    places.map(each).collect::<Vec<_>>().join(", ")
}

/// Returns a name in quotes. Quotes inside the name are doubled.
pub(crate) fn quoted(backend: Backend, name: &str) -> String {
    let quote = backend.capabilities().quote;
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// Returns the parameter of this number, counted from 1.
fn placeholder(backend: Backend, number: usize) -> String {
    backend.capabilities().parameters.of(number)
}

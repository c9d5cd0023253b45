//! The statements that insert the rows of a chunk, and the keys that the database makes for them.

use super::{Latest, bind_rows, filled};
use crate::backend::{Args, Backend, MadeKeys};
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, ModelKey as _, ModelMeta};
use crate::sql::{self, insert_rows, insert_rows_returning, quoted};
use crate::store::Model;
use crate::store::key_errors::key_missing;
use crate::store::table::refuse_not_generated;
use crate::store::write::{generated, stamp, take_back};
use crate::store::write_scope::WriteScope;

/// The INSERTs of one call.
pub(super) struct Inserts {
    full: usize,
    with_key: Latest<()>,
    without_key: Latest<Answer>,
    /// How the generated keys are read. Queried before the first key is generated, and again after rows with
    /// given keys, which may be close to the largest key.
    answer: Option<Answer>,
}

/// How to read the keys that the database generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The keys are consecutive up to the last one.
    Last,
    /// The database returns each key, which takes several times as long.
    Each,
}

impl Inserts {
    /// Creates it for chunks of `full` rows.
    pub(super) fn new(full: usize) -> Self {
        Self { full, with_key: Latest::new(full), without_key: Latest::new(full), answer: None }
    }

    /// Inserts the rows. Those with a key come first, so that the database does not generate one of their
    /// keys.
    pub(super) async fn run<M: Model>(&mut self, rows: &mut [M], raw: bool, scope: &mut WriteScope<'_>) -> Result<()> {
        if !raw {
            for row in &mut *rows {
                stamp(row, None, true);
            }
        }
        let with_key = rows.iter().filter(|row| row.pk().is_some()).count();
        let without_key = rows.len() - with_key;
        check_keys::<M>(without_key, scope.handle()).await?;
        if M::FILLED {
            return filled::insert(rows, self.full, scope).await;
        }
        scope.open_if(with_key > 0 && without_key > 0).await?;
        if with_key > 0 {
            self.insert_with_key(rows, with_key, scope).await?;
        }
        if without_key == 0 {
            return Ok(());
        }
        match self.answer::<M>(without_key, scope).await? {
            Answer::Last => self.insert_counting(rows, without_key, scope).await,
            Answer::Each => self.insert_returning(rows, without_key, scope).await,
        }
    }

    async fn insert_with_key<M: Model>(&mut self, rows: &[M], count: usize, scope: &WriteScope<'_>) -> Result<()> {
        self.answer = None;
        let (meta, on) = (M::meta(), scope.handle());
        let columns: Vec<usize> = meta.inserted(false).indexes().collect();
        let chosen: Vec<&M> = rows.iter().filter(|row| row.pk().is_some()).collect();
        let args = bind_rows(chosen.into_iter(), &columns, on)?;
        let backend = on.db().backend();
        let statement = self.with_key.get((), count, || insert_rows(meta, backend, &columns, count));
        on.run(statement, args, doing(meta)).await.map(drop)
    }

    /// Inserts the rows without a key, and computes their keys from the last one.
    async fn insert_counting<M: Model>(&mut self, rows: &mut [M], count: usize, scope: &WriteScope<'_>) -> Result<()> {
        let (meta, on) = (M::meta(), scope.handle());
        let columns: Vec<usize> = meta.inserted(true).indexes().collect();
        let args = bind_without_key(rows, &columns, scope)?;
        let backend = on.db().backend();
        let statement = self.without_key.get(Answer::Last, count, || insert_rows(meta, backend, &columns, count));
        let done = on.run(statement, args, doing(meta)).await?;
        let (last, many) = (done.last_insert_id, i64::try_from(count).unwrap_or(i64::MAX));
        // Keys of a `u64` column above `i64::MAX` are negative here.
        let first = last.wrapping_sub(many - 1);
        let ids = || (0..many).map(|place| first.wrapping_add(place));
        let keys: Result<Vec<M::Key>> = ids().map(|id| generated::<M>(on, id)).collect();
        match keys {
            Ok(keys) => set_keys(rows, keys),
            Err(mut error) => {
                for id in ids() {
                    error = take_back::<M>(on, id, error).await;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Inserts the rows without a key, and reads their keys. The database returns these in the order of the
    /// rows; see [`insert_rows_returning`].
    async fn insert_returning<M: Model>(
        &mut self,
        rows: &mut [M],
        count: usize,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        // A key that the database returns may not fit, and the rows are inserted by then.
        scope.open_if(true).await?;
        let (meta, on) = (M::meta(), scope.handle());
        let columns: Vec<usize> = meta.inserted(true).indexes().collect();
        let args = bind_without_key(rows, &columns, scope)?;
        let backend = on.db().backend();
        let text = || insert_rows_returning(meta, backend, &columns, count);
        let statement = self.without_key.get(Answer::Each, count, text);
        let mut ids: Vec<i64> = Vec::with_capacity(count);
        let column = meta.primary_key_name();
        on.write_each(statement, args, doing(meta), |row| row.generated_key(column).map(|id| ids.push(id))).await?;
        if ids.len() != count {
            return Err(Error::RowsLeftOut { model: meta.name(), rows: count, inserted: ids.len() });
        }
        set_keys(rows, ids.into_iter().map(|id| generated::<M>(on, id)).collect::<Result<_>>()?);
        Ok(())
    }

    /// Returns how to read the keys of `count` rows.
    async fn answer<M: Model>(&mut self, count: usize, scope: &WriteScope<'_>) -> Result<Answer> {
        let (meta, on) = (M::meta(), scope.handle());
        let backend = on.db().backend();
        let unless = match backend.capabilities().inserts.made_keys {
            MadeKeys::Returned => return Ok(Answer::Each),
            MadeKeys::Counted { .. } if count == 1 => return Ok(Answer::Last),
            MadeKeys::Counted { unless } => unless,
        };
        if let Some(answer) = self.answer {
            return Ok(answer);
        }
        let schema = meta.schema().map(|schema| quoted(backend, schema));
        let (table, key) = (sql::table(meta, backend), quoted(backend, meta.primary_key_name()));
        let question = Statement::built(unless(schema.as_deref(), &table, &key));
        let found = on.first(&question, table_name_twice(meta, backend)?, doing(meta), |_| Ok(())).await?;
        let answer = if found.is_some() { Answer::Each } else { Answer::Last };
        self.answer = Some(answer);
        Ok(answer)
    }
}

/// Fails if so many rows have no key, and the database generates none.
pub(in crate::store) async fn check_keys<M: Model>(without_key: usize, on: Handle<'_>) -> Result<()> {
    if without_key == 0 {
        return Ok(());
    }
    if !M::Key::GENERATED {
        let fix = "give it a key first, since the database makes none of this type";
        return Err(key_missing(M::meta().name(), "insert", fix));
    }
    refuse_not_generated(M::meta(), on).await
}

fn doing(meta: &'static ModelMeta) -> Doing {
    Doing { verb: "INSERT", model: meta.name() }
}

fn table_name_twice(meta: &ModelMeta, backend: Backend) -> Result<Args> {
    let mut args = Args::new(backend, 2);
    let table = meta.table().to_owned();
    args.add(&table)?;
    args.add(&table)?;
    Ok(args)
}

fn bind_without_key<M: Model>(rows: &[M], columns: &[usize], scope: &WriteScope<'_>) -> Result<Args> {
    let chosen: Vec<&M> = rows.iter().filter(|row| row.pk().is_none()).collect();
    bind_rows(chosen.into_iter(), columns, scope.handle())
}

/// Sets these keys in the rows without a key, in order.
fn set_keys<M: Model>(rows: &mut [M], keys: Vec<M::Key>) {
    let unset = rows.iter_mut().filter(|row| row.pk().is_none());
    unset.zip(keys).for_each(|(row, key)| row.set_key(key));
}

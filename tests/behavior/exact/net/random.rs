//! Random transactions, compared with a model of the expected results.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signals::{Db, Model, Result, Tx, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

#[derive(Debug, Clone, Model)]
#[model(table = "exact_random")]
struct Row {
    id: i64,
    value: i64,
}

static LOG: Log = Log::new();

#[receiver(post_save, sender = Row, on_commit)]
fn saved(instance: &Row, created: bool, previous: Option<&Row>) {
    LOG.note(saved_line(instance.id, created, previous.map(|row| row.value), instance.value));
}

#[receiver(post_delete, sender = Row, on_commit)]
fn deleted(instance: &Row) {
    LOG.note(deleted_line(instance.id));
}

fn saved_line(id: i64, created: bool, previous: Option<i64>, value: i64) -> String {
    format!("{id} saved, created={created}, {previous:?} -> {value}")
}

fn deleted_line(id: i64) -> String {
    format!("{id} deleted")
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Sent,
    Raw,
    Quiet,
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Save(i64, How),
    Delete(i64, bool),
    UpdateAll(bool),
    Begin,
    Commit,
    Rollback,
}

fn call() -> impl Strategy<Value = Call> {
    let how = prop_oneof![3 => Just(How::Sent), 1 => Just(How::Raw), 1 => Just(How::Quiet)];
    prop_oneof![
        6 => (1..=3_i64, how).prop_map(|(id, how)| Call::Save(id, how)),
        3 => (1..=3_i64, prop::bool::weighted(0.7)).prop_map(|(id, is_sent)| Call::Delete(id, is_sent)),
        1 => any::<bool>().prop_map(Call::UpdateAll),
        1 => Just(Call::Begin),
        1 => Just(Call::Commit),
        1 => Just(Call::Rollback),
    ]
}

/// A row from its first write with signals until its delete.
#[derive(Debug, Clone)]
struct Life {
    id: i64,
    /// Its value before, if it was there.
    previous: Option<i64>,
    value: i64,
    is_raw: bool,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    None,
    Deleted,
    Gone,
}

/// The state of one level of the transaction.
#[derive(Debug, Clone, Default)]
struct Truth {
    rows: BTreeMap<i64, i64>,
    lives: Vec<Life>,
}

impl Truth {
    fn open(&mut self, id: i64) -> Option<&mut Life> {
        self.lives.iter_mut().find(|life| life.id == id && life.end == End::None)
    }

    fn save(&mut self, id: i64, value: i64, how: How) {
        let previous = self.rows.insert(id, value);
        let is_raw = how == How::Raw;
        match self.open(id) {
            Some(life) => {
                life.value = value;
                life.is_raw &= is_raw || how == How::Quiet;
            }
            None if how == How::Quiet => {}
            None => self.lives.push(Life { id, previous, value, is_raw, end: End::None }),
        }
    }

    fn delete(&mut self, id: i64, is_sent: bool) {
        let previous = self.rows.remove(&id);
        let end = if is_sent { End::Deleted } else { End::Gone };
        match self.open(id) {
            Some(life) => life.end = end,
            None if !is_sent => {}
            None => self.lives.push(Life { id, previous, value: 0, is_raw: true, end }),
        }
    }

    fn told(&self) -> Vec<String> {
        let told = self.lives.iter().filter_map(|life| match life.end {
            End::None if life.is_raw => None,
            End::None => Some(saved_line(life.id, life.previous.is_none(), life.previous, life.value)),
            End::Deleted => life.previous.map(|_| deleted_line(life.id)),
            End::Gone => None,
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    }
}

/// A level of the transaction, and what was true when it began.
struct Level {
    tx: Tx,
    before: Truth,
}

async fn run(db: &Db, calls: &[Call]) -> Result<(Vec<String>, Vec<String>)> {
    Row::objects().delete(db).quiet().await?;
    let mut truth = Truth { rows: BTreeMap::from([(1, -1), (2, -2)]), lives: Vec::new() };
    for (&id, &value) in &truth.rows {
        Row { id, value }.save(db).quiet().await?;
    }
    LOG.take();
    let mut levels = vec![Level { tx: db.begin().await?, before: truth.clone() }];
    for (value, call) in (0_i64..).zip(calls) {
        let tx = levels.last().expect("the transaction").tx.clone();
        match *call {
            Call::Save(id, how) => {
                let mut row = Row { id, value };
                let save = row.save(&tx);
                match how {
                    How::Sent => save.await?,
                    How::Raw => save.raw().await?,
                    How::Quiet => save.quiet().await?,
                }
                truth.save(id, value, how);
            }
            Call::Delete(id, is_sent) => {
                // A delete that finds no row is not what is tested here.
                if truth.rows.contains_key(&id) {
                    let row = Row { id, value };
                    if is_sent {
                        row.delete(&tx).await?
                    } else {
                        row.delete(&tx).quiet().await?
                    };
                    truth.delete(id, is_sent);
                }
            }
            Call::UpdateAll(is_sent) => {
                let update = Row::objects().update(&tx, [Row::VALUE.set(value)]);
                if is_sent {
                    update.await?
                } else {
                    update.quiet().await?
                };
                for id in truth.rows.keys().copied().collect::<Vec<_>>() {
                    truth.save(id, value, if is_sent { How::Sent } else { How::Quiet });
                }
            }
            Call::Begin if levels.len() < 4 => {
                levels.push(Level { tx: tx.begin().await?, before: truth.clone() });
            }
            Call::Commit if levels.len() > 1 => {
                drop(tx);
                levels.pop().expect("a savepoint").tx.commit().await?;
            }
            Call::Rollback if levels.len() > 1 => {
                drop(tx);
                let Level { tx, before } = levels.pop().expect("a savepoint");
                tx.rollback().await?;
                truth = before;
            }
            Call::Begin | Call::Commit | Call::Rollback => {}
        }
    }
    while let Some(level) = levels.pop() {
        level.tx.commit().await?;
    }
    let mut told = LOG.take();
    told.sort();
    Ok((told, truth.told()))
}

#[test]
fn receivers_are_called_with_the_net_change_of_each_row() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = Arc::new(runtime.block_on(db()));
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let tested = runner.run(&vec(call(), 1..14), |calls| {
        let (told, truth) =
            runtime.block_on(run(&db, &calls)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(told, truth);
        Ok(())
    });
    if let Err(error) = tested {
        panic!("{error}");
    }
}

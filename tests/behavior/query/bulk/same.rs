//! A bulk write equals single writes: the same rows, the same keys, the same signals.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use signals::{Db, Error, FieldSet, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};
use signals_test_behavior::{Kind, Log, execute, kind, named_db};

use super::ids;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "bulk_same")]
struct Row {
    id: i64,
    size: i32,
    label: String,
}

static LOG: Log = Log::new();

#[receiver(pre_save, sender = Row)]
fn label(instance: &mut Row, previous: Option<&Row>, update_fields: Option<&FieldSet>) {
    LOG.note(format!("pre {instance:?} {previous:?} {update_fields:?}"));
    if instance.size % 2 == 0 {
        instance.label = format!("even {}", instance.size);
    }
}

#[receiver(post_save, sender = Row)]
async fn check(
    instance: &Row,
    previous: Option<&Row>,
    created: bool,
    update_fields: Option<&FieldSet>,
    tx: &Tx,
) -> Result<()> {
    LOG.note(format!("post {instance:?} {previous:?} {created} {update_fields:?}"));
    assert_eq!(Row::get(tx, instance.id).await?.size, instance.size);
    if instance.size == 13 { Err(Error::other("unlucky")) } else { Ok(()) }
}

#[receiver([pre_delete, post_delete], sender = Row)]
fn gone(instance: &Row, signal: &str) {
    LOG.note(format!("{signal} {instance:?}"));
}

/// A call on several rows at once. An index refers to one of the existing rows.
#[derive(Debug, Clone)]
enum Call {
    Create(Vec<(i64, i32)>),
    BulkUpdate(Vec<(usize, i32)>),
    /// Of the rows that are smaller, this size.
    Update(i32, i32),
    BulkDelete(Vec<usize>),
    /// Of the rows of this size.
    Delete(i32),
}

fn calls() -> impl Strategy<Value = Vec<(Call, usize)>> {
    let size = || prop_oneof![40 => 0..12, 1 => Just(13)];
    let key = prop_oneof![3 => Just(0_i64), 1 => 1_i64..60];
    let call = prop_oneof![
        3 => vec((key, size()), 0..8).prop_map(Call::Create),
        3 => vec((0..40_usize, size()), 0..8).prop_map(Call::BulkUpdate),
        2 => (0..14, size()).prop_map(|(below, size)| Call::Update(below, size)),
        1 => vec(0..40_usize, 0..4).prop_map(Call::BulkDelete),
        1 => (0..13).prop_map(Call::Delete),
    ];
    vec((call, 1..5_usize), 1..10)
}

async fn all(db: &Db) -> Vec<Row> {
    Row::objects().order_by([Row::ID.asc()]).all(db).await.unwrap()
}

fn new_rows(rows: &[(i64, i32)]) -> Vec<Row> {
    rows.iter().map(|(id, size)| Row { id: *id, size: *size, label: "new".into() }).collect()
}

/// Returns the rows at these indexes, each once, with their other values.
fn chosen<T: Copy>(rows: &[Row], places: impl IntoIterator<Item = (usize, T)>) -> Vec<(Row, T)> {
    let mut chosen: Vec<(Row, T)> = Vec::new();
    for (place, what) in places {
        if let Some(row) = rows.get(place % rows.len().max(1))
            && chosen.iter().all(|(other, _)| other.id != row.id)
        {
            chosen.push((row.clone(), what));
        }
    }
    chosen
}

fn resized(rows: &[Row], places: &[(usize, i32)]) -> Vec<Row> {
    chosen(rows, places.iter().copied())
        .into_iter()
        .map(|(row, size)| Row { size, label: "stale".into(), ..row })
        .collect()
}

fn at(rows: &[Row], places: &[usize]) -> Vec<Row> {
    chosen(rows, places.iter().map(|place| (*place, ()))).into_iter().map(|(row, ())| row).collect()
}

/// Runs the call in bulk, and returns the keys afterwards if the call has instances.
async fn in_bulk(db: &Db, call: &Call, size: usize) -> (Vec<i64>, bool) {
    match call {
        Call::Create(rows) => {
            let mut rows = new_rows(rows);
            let done = Row::bulk_create(db, &mut rows).batch_size(size).await;
            (ids(&rows), done.is_ok())
        }
        Call::BulkUpdate(places) => {
            let mut rows = resized(&all(db).await, places);
            let done = Row::bulk_update(db, &mut rows, [Row::SIZE]).batch_size(size).await;
            (ids(&rows), done.is_ok())
        }
        Call::Update(below, to) => {
            let rows = Row::objects().filter(Row::SIZE.lt(*below));
            (vec![], rows.update(db, [Row::SIZE.set(*to)]).batch_size(size).await.is_ok())
        }
        Call::BulkDelete(places) => {
            let rows = at(&all(db).await, places);
            (ids(&rows), Row::bulk_delete(db, &rows).await.is_ok())
        }
        Call::Delete(of) => (vec![], Row::objects().filter(Row::SIZE.eq(*of)).delete(db).await.is_ok()),
    }
}

async fn one_by_one(db: &Db, call: &Call) -> (Vec<i64>, bool) {
    let stored = all(db).await;
    let mut rows = match call {
        Call::Create(rows) => new_rows(rows),
        Call::BulkUpdate(places) => resized(&stored, places),
        Call::Update(below, to) => {
            stored.into_iter().filter(|row| row.size < *below).map(|row| Row { size: *to, ..row }).collect()
        }
        Call::BulkDelete(places) => at(&stored, places),
        Call::Delete(of) => stored.into_iter().filter(|row| row.size == *of).collect(),
    };
    let keys = ids(&rows);
    let tx = db.begin().await.unwrap();
    let done = async {
        // Rows with a key are inserted first.
        let (with_key, without): (Vec<_>, Vec<_>) = rows.iter_mut().partition(|row| row.id != 0);
        for row in with_key.into_iter().chain(without) {
            match call {
                Call::Create(_) => row.save(&tx).force_insert().await?,
                Call::BulkUpdate(_) | Call::Update(..) => row.save(&tx).update_fields([Row::SIZE]).await?,
                Call::BulkDelete(_) | Call::Delete(_) => row.delete(&tx).await.map(drop)?,
            }
        }
        Ok::<_, Error>(())
    };
    let done = done.await.is_ok();
    if done {
        tx.commit().await.unwrap();
    } else {
        tx.rollback().await.unwrap();
        rows.iter_mut().zip(&keys).for_each(|(row, key)| row.id = *key);
    }
    let has_instances = !matches!(call, Call::Update(..) | Call::Delete(_));
    (if has_instances { ids(&rows) } else { vec![] }, done)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Leaves no row, and the first key to be made.
async fn start_over(db: &Db) {
    let sql = match kind() {
        Kind::Memory | Kind::File => "DELETE FROM bulk_same; DELETE FROM sqlite_sequence WHERE name = 'bulk_same'",
        Kind::Postgres => "TRUNCATE bulk_same RESTART IDENTITY",
        Kind::Mysql => "TRUNCATE bulk_same",
    };
    execute(db, sql).await;
}

/// Makes the next keys follow this one. A server gives no key a second time that was made in vain, and the
/// one call may have failed before the other did.
async fn go_on_behind(db: &Db, key: usize) {
    match kind() {
        Kind::Memory | Kind::File => {}
        Kind::Postgres => {
            execute(db, format!("SELECT setval(pg_get_serial_sequence('bulk_same', 'id'), {key})")).await;
        }
        Kind::Mysql => execute(db, format!("ALTER TABLE bulk_same AUTO_INCREMENT = {}", key + 1)).await,
    }
}

async fn compare(bulk: &Db, single: &Db, calls: &[(Call, usize)]) -> Result<(), TestCaseError> {
    start_over(bulk).await;
    start_over(single).await;
    for (place, (call, size)) in calls.iter().enumerate() {
        let (keys, done) = in_bulk(bulk, call, *size).await;
        let signals = sorted(LOG.take());
        let (single_keys, single_done) = one_by_one(single, call).await;
        let single_signals = sorted(LOG.take());
        prop_assert_eq!(done, single_done, "{:?} by {}", call, size);
        prop_assert_eq!(keys, single_keys, "{:?} by {}", call, size);
        prop_assert_eq!(all(bulk).await, all(single).await, "{:?} by {}", call, size);
        // A failure stops the one after the rows of a statement and the other after a row.
        if done {
            prop_assert_eq!(signals, single_signals, "{:?} by {}", call, size);
        } else {
            let key = 1000 * (place + 1);
            go_on_behind(bulk, key).await;
            go_on_behind(single, key).await;
        }
    }
    Ok(())
}

#[test]
fn bulk_calls_leave_what_single_ones_leave() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (bulk, single) = runtime.block_on(async { (named_db("bulk").await, named_db("single").await) });
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
    TestRunner::new(config).run(&calls(), |calls| runtime.block_on(compare(&bulk, &single, &calls))).unwrap();
}

//! Random rows that reference each other in every way, and random deletes of them, compared with a model of
//! the remaining rows and the signals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use signals::model::OnDelete;
use signals::{AnyModel, Db, Error, Model, ModelMeta, Result, post_delete, pre_delete, receiver};
use sqlx::AssertSqlSafe;

use crate::support::database;

/// A row as it is stored: its key, and what it references.
type Stored = (i64, Option<i64>, Option<i64>, Option<i64>);

/// References itself, and goes round in a circle with the others.
#[derive(Debug, Clone, Model)]
#[model(table = "graphs_alpha")]
struct Alpha {
    id: i64,
    #[model(references = Alpha, on_delete = cascade)]
    up: Option<i64>,
    #[model(references = Gamma, on_delete = cascade)]
    round: Option<i64>,
    #[model(references = Beta, on_delete = set_null)]
    beside: Option<i64>,
}

/// A model without receivers that models with receivers reference.
#[derive(Debug, Clone, Model)]
#[model(table = "graphs_beta")]
struct Beta {
    id: i64,
    #[model(references = Alpha, on_delete = cascade)]
    up: Option<i64>,
    #[model(references = Gamma, on_delete = restrict)]
    round: Option<i64>,
    #[model(references = Beta, on_delete = protect)]
    beside: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "graphs_gamma")]
struct Gamma {
    id: i64,
    #[model(references = Alpha, on_delete = cascade)]
    up: Option<i64>,
    #[model(references = Beta, on_delete = cascade)]
    round: Option<i64>,
    #[model(references = Alpha, on_delete = restrict)]
    beside: Option<i64>,
}

/// Goes unseen.
#[derive(Debug, Clone, Model)]
#[model(table = "graphs_delta")]
struct Delta {
    id: i64,
    #[model(references = Alpha, on_delete = cascade)]
    up: Option<i64>,
    #[model(references = Gamma, on_delete = cascade)]
    round: Option<i64>,
    #[model(references = Beta, on_delete = set_default, default = 9)]
    beside: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "graphs_omega")]
struct Omega {
    id: i64,
    #[model(references = Delta, on_delete = database)]
    up: Option<i64>,
    #[model(references = Delta, on_delete = database)]
    round: Option<i64>,
    #[model(references = Alpha, on_delete = set_null)]
    beside: Option<i64>,
}

static TOLD: Mutex<Vec<(bool, &str, i64)>> = Mutex::new(Vec::new());

fn told() -> Vec<(bool, &'static str, i64)> {
    std::mem::take(&mut TOLD.lock().unwrap_or_else(PoisonError::into_inner))
}

#[receiver([pre_delete, post_delete], sender = Alpha)]
#[receiver([pre_delete, post_delete], sender = Gamma)]
fn tell(signal: &str, sender: &'static ModelMeta, instance: &dyn AnyModel) {
    let id = *instance.field_as::<i64>("id").unwrap();
    TOLD.lock().unwrap_or_else(PoisonError::into_inner).push((signal == "pre_delete", sender.name(), id));
}

const MODELS: [fn() -> &'static ModelMeta; 5] = [
    <Alpha as signals::model::Entity>::meta,
    <Beta as signals::model::Entity>::meta,
    <Gamma as signals::model::Entity>::meta,
    <Delta as signals::model::Entity>::meta,
    <Omega as signals::model::Entity>::meta,
];
const HEARD: [&str; 2] = ["Alpha", "Gamma"];
const ROWS: i64 = 5;

/// A row: the place of its model, and its key.
type Row = (usize, i64);
/// The three references of each row.
type Graph = BTreeMap<Row, [Option<i64>; 3]>;

/// What a delete should do.
#[derive(Debug, PartialEq)]
enum Expected {
    Protected,
    Restricted,
    /// The rows that are left, and those that are deleted by this library.
    Deleted(Graph, BTreeSet<Row>),
}

/// The references of the rows, with the row that is referenced and what is to be done about it.
fn references(graph: &Graph) -> impl Iterator<Item = (Row, usize, Row, OnDelete)> {
    graph.iter().flat_map(|(row, targets)| {
        targets.iter().enumerate().filter_map(|(place, target)| {
            let reference = MODELS[row.0]().columns()[place + 1].reference?;
            let model = MODELS.iter().position(|meta| meta() == reference.target())?;
            Some((*row, place, (model, (*target)?), reference.on_delete))
        })
    })
}

/// Everything that is reached by references with one of these words.
fn reached(graph: &Graph, from: &BTreeSet<Row>, words: &[OnDelete]) -> BTreeSet<Row> {
    let mut reached = from.clone();
    loop {
        let more: Vec<Row> = references(graph)
            .filter(|(row, _, target, word)| words.contains(word) && reached.contains(target) && !reached.contains(row))
            .map(|(row, ..)| row)
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}

fn expect(graph: &Graph, roots: &BTreeSet<Row>) -> Expected {
    let deleted = reached(graph, roots, &[OnDelete::Cascade]);
    let has = |word, rows: &dyn Fn(Row) -> bool| {
        references(graph).any(|(row, _, target, own)| own == word && deleted.contains(&target) && rows(row))
    };
    if has(OnDelete::Protect, &|_| true) {
        return Expected::Protected;
    }
    if has(OnDelete::Restrict, &|row| !deleted.contains(&row)) {
        return Expected::Restricted;
    }
    let mut left = graph.clone();
    for (row, place, target, word) in references(graph) {
        if let (true, Some(targets)) = (deleted.contains(&target), left.get_mut(&row)) {
            match word {
                OnDelete::SetNull => targets[place] = None,
                OnDelete::SetDefault => targets[place] = Some(9),
                _ => {}
            }
        }
    }
    let gone = reached(graph, &deleted, &[OnDelete::Database]);
    left.retain(|row, _| !gone.contains(row));
    Expected::Deleted(left, deleted)
}

async fn fill(db: &Db, graph: &Graph) -> Result<()> {
    let tx = db.begin().await?;
    sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx.sqlite().await?).await?;
    for ((model, id), [up, round, beside]) in graph {
        let sql = AssertSqlSafe(format!("INSERT INTO {} VALUES (?, ?, ?, ?)", MODELS[*model]().table()));
        let insert = sqlx::query(sql).bind(id).bind(up).bind(round).bind(beside);
        insert.execute(&mut *tx.sqlite().await?).await?;
    }
    tx.commit().await
}

async fn read(db: &Db) -> Result<Graph> {
    let mut graph = Graph::new();
    for (model, meta) in MODELS.iter().enumerate() {
        let sql = AssertSqlSafe(format!("SELECT id, up, round, beside FROM {}", meta().table()));
        let rows: Vec<Stored> = sqlx::query_as(sql).fetch_all(db.sqlite()?).await?;
        graph.extend(rows.into_iter().map(|(id, up, round, beside)| ((model, id), [up, round, beside])));
    }
    Ok(graph)
}

/// Deletes rows of one model: one by its instance, several as a set.
async fn delete(db: &Db, model: usize, keys: &[i64]) -> Result<u64> {
    async fn of<M: Model<Key = i64>>(db: &Db, keys: &[i64]) -> Result<u64> {
        let mut rows = Vec::new();
        for key in keys {
            rows.push(M::get(db, *key).await?);
        }
        let deleted = if let [row] = &*rows { row.delete(db).await } else { M::bulk_delete(db, &rows).await };
        deleted.map(|deleted| deleted.rows())
    }
    match model {
        0 => of::<Alpha>(db, keys).await,
        1 => of::<Beta>(db, keys).await,
        2 => of::<Gamma>(db, keys).await,
        3 => of::<Delta>(db, keys).await,
        _ => of::<Omega>(db, keys).await,
    }
}

/// Each model's signals are complete and in order, and every `pre_delete` comes first.
fn check_received(deleted: &BTreeSet<Row>) {
    let told = told();
    let before = told.iter().take_while(|(is_pre, ..)| *is_pre).count();
    assert!(told[before..].iter().all(|(is_pre, ..)| !is_pre), "{told:?}");
    for name in HEARD {
        let keys = |part: &[(bool, &str, i64)]| -> Vec<i64> {
            part.iter().filter(|(_, model, _)| *model == name).map(|(.., id)| *id).collect()
        };
        let mut expected: Vec<i64> =
            deleted.iter().filter(|(model, _)| MODELS[*model]().name() == name).map(|(_, id)| *id).collect();
        assert_eq!(keys(&told[..before]), expected, "pre_delete of {name}");
        expected.reverse();
        assert_eq!(keys(&told[before..]), expected, "post_delete of {name}");
    }
}

/// How the deletes of all cases went, so that no outcome goes untried.
static OUTCOMES: Mutex<[usize; 3]> = Mutex::new([0; 3]);

async fn check(references: Vec<Option<i64>>, model: usize, keys: BTreeSet<i64>) -> Result<()> {
    let rows = (0..MODELS.len()).flat_map(|model| (1..=ROWS).map(move |id| (model, id)));
    let mut graph: Graph = rows.zip(references.chunks(3).map(|three| [three[0], three[1], three[2]])).collect();
    // The row of the default exists, and should stay.
    graph.insert((1, 9), [None; 3]);
    let db = database("graphs_").await;
    fill(&db, &graph).await?;
    let expected = expect(&graph, &keys.iter().map(|id| (model, *id)).collect());
    let outcome = delete(&db, model, &keys.into_iter().collect::<Vec<_>>()).await;
    let place = match (&expected, outcome) {
        (Expected::Protected, Err(Error::Protected { .. })) => 0,
        (Expected::Restricted, Err(Error::Restricted { .. })) => 1,
        (Expected::Deleted(left, deleted), Ok(rows)) => {
            assert_eq!(&read(&db).await?, left);
            assert_eq!(rows, deleted.len() as u64);
            check_received(deleted);
            2
        }
        (expected, outcome) => panic!("{outcome:?} instead of {expected:?}"),
    };
    if place < 2 {
        assert_eq!((read(&db).await?, told().len()), (graph, 0));
    }
    OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner)[place] += 1;
    Ok(())
}

#[test]
fn a_delete_of_any_graph_leaves_what_it_should() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let count = MODELS.len() * usize::try_from(ROWS).unwrap() * 3;
    let reference = prop_oneof![5 => Just(None), 1 => (1..=ROWS).prop_map(Some)];
    let deletes = (0..MODELS.len(), proptest::collection::btree_set(1..=ROWS, 1..=3));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let run = |(references, (model, keys))| {
        runtime.block_on(check(references, model, keys)).unwrap();
        Ok(())
    };
    runner.run(&(vec(reference, count), deletes), run).unwrap();
    let outcomes = *OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

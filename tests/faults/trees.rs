//! Random trees of transactions, savepoints, saves and callbacks, compared with a model of what survives.

use futures_util::future::{BoxFuture, FutureExt as _};
use proptest::collection::vec;
use proptest::prelude::*;
use signals::{Error, Model, Result, Tx, post_save, receiver};

use crate::support::{When, database, drop_at, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "trees_leaf")]
struct Leaf {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "trees_branch")]
struct Branch {
    id: i64,
    name: String,
    fails: bool,
}

#[receiver(post_save, sender = Branch)]
async fn grow(instance: &Branch, tx: &Tx) -> Result<()> {
    Leaf { id: 0, name: format!("{} leaf", instance.name) }.save(tx).await?;
    let name = instance.name.clone();
    tx.on_commit(async move { note(format!("trees/{name}")) }).unwrap();
    if instance.fails { Err(Error::other("as the tree wants")) } else { Ok(()) }
}

#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Rollback,
    Drop,
}

#[derive(Debug, Clone)]
enum Node {
    /// A save without receivers.
    Leaf,
    /// A save whose receiver saves and registers a callback.
    Branch,
    /// The same, but the receiver fails.
    Failing,
    /// The same, dropped at this await, if it gets that far.
    Dropped(usize, When),
    Callback,
    Savepoint(Vec<Node>, End),
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![3 => Just(End::Commit), 1 => Just(End::Rollback), 1 => Just(End::Drop)]
}

fn forests() -> impl Strategy<Value = Vec<Node>> {
    let node = prop_oneof![
        Just(Node::Leaf),
        Just(Node::Branch),
        Just(Node::Failing),
        (0..10_usize, prop_oneof![9 => Just(When::AtOnce), 1 => Just(When::Executed)])
            .prop_map(|(at, when)| Node::Dropped(at, when)),
        Just(Node::Callback),
    ];
    let node = node.prop_recursive(5, 40, 6, |inner| {
        (vec(inner, 0..6), ends()).prop_map(|(nodes, end)| Node::Savepoint(nodes, end))
    });
    vec(node, 0..8)
}

/// What is committed if every level around it is: rows, and callbacks in their order.
#[derive(Debug, Default, PartialEq)]
struct Survives {
    rows: Vec<String>,
    callbacks: Vec<String>,
}

impl Survives {
    fn branch(&mut self, name: &str) {
        self.rows.extend([name.to_owned(), format!("{name} leaf")]);
        self.callbacks.push(format!("trees/{name}"));
    }

    fn add(&mut self, inner: Self) {
        self.rows.extend(inner.rows);
        self.callbacks.extend(inner.callbacks);
    }
}

/// Runs the nodes, and returns what survives if `tx` is committed.
fn grow_all<'a>(tx: &'a Tx, nodes: &'a [Node], path: String) -> BoxFuture<'a, Survives> {
    async move {
        let mut survives = Survives::default();
        for (number, node) in nodes.iter().enumerate() {
            let name = format!("{path}.{number}");
            let mut branch = Branch { id: 0, name: name.clone(), fails: matches!(node, Node::Failing) };
            match node {
                Node::Leaf => {
                    Leaf { id: 0, name: name.clone() }.save(tx).await.unwrap();
                    survives.rows.push(name);
                }
                Node::Branch => {
                    branch.save(tx).await.unwrap();
                    survives.branch(&name);
                }
                Node::Failing => assert!(branch.save(tx).await.is_err()),
                Node::Dropped(at, when) => {
                    if let Some(outcome) = drop_at(branch.save(tx), *at, *when).await {
                        outcome.unwrap();
                        survives.branch(&name);
                    }
                }
                Node::Callback => {
                    let noted = format!("trees/{name}");
                    survives.callbacks.push(noted.clone());
                    tx.on_commit(async move { note(noted) }).unwrap();
                }
                Node::Savepoint(nodes, end) => {
                    let savepoint = tx.begin().await.unwrap();
                    let inner = grow_all(&savepoint, nodes, name).await;
                    if finish(savepoint, *end).await {
                        survives.add(inner);
                    }
                }
            }
        }
        survives
    }
    .boxed()
}

/// Ends a level. Returns whether it was kept.
async fn finish(tx: Tx, end: End) -> bool {
    match end {
        End::Commit => tx.commit().await.unwrap(),
        End::Rollback => tx.rollback().await.unwrap(),
        End::Drop => drop(tx),
    }
    matches!(end, End::Commit)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn what_survives_is_what_every_level_around_it_committed(
        transactions in vec((forests(), ends()), 1..3)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = database("trees_").await;
            let mut expected = Survives::default();
            for (number, (nodes, end)) in transactions.iter().enumerate() {
                let tx = db.begin().await.unwrap();
                let inner = grow_all(&tx, nodes, number.to_string()).await;
                if finish(tx, *end).await {
                    expected.add(inner);
                }
            }
            let mut rows = names_of(&db, "trees_leaf").await;
            rows.extend(names_of(&db, "trees_branch").await);
            rows.sort();
            expected.rows.sort();
            prop_assert_eq!(Survives { rows, callbacks: noted("trees/") }, expected);
            Ok(())
        })?;
    }
}

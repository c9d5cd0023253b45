//! Random changes from both sides leave the same links as a plain set of pairs.

use std::collections::BTreeSet;

use proptest::prelude::*;
use signals::{Db, Model, Result, Tx, m2m_changed, receiver};

use super::pizzeria;

const ROWS: i64 = 4;

/// One change of the row of this key, on one side, with these keys of the other.
#[derive(Debug, Clone)]
struct Step {
    is_pizza: bool,
    own: i64,
    what: What,
    others: Vec<i64>,
    in_tx: bool,
    rolls_back: bool,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Add,
    Remove,
    Set,
    SetAnew,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let what =
        prop_oneof![Just(What::Add), Just(What::Remove), Just(What::Set), Just(What::SetAnew), Just(What::Clear)];
    let others = proptest::collection::vec(1..=ROWS, 0..6);
    (any::<bool>(), 1..=ROWS, what, others, any::<bool>(), any::<bool>()).prop_map(
        |(is_pizza, own, what, others, in_tx, rolls_back)| Step { is_pizza, own, what, others, in_tx, rolls_back },
    )
}

type Pairs = BTreeSet<(i64, i64)>;

/// The change of a plain set of pairs of keys, pizza first.
fn model(pairs: &mut Pairs, step: &Step) {
    let pair = |other: i64| if step.is_pizza { (step.own, other) } else { (other, step.own) };
    let own = |pair: &(i64, i64)| if step.is_pizza { pair.0 } else { pair.1 };
    if matches!(step.what, What::Set | What::SetAnew | What::Clear) {
        pairs.retain(|pair| own(pair) != step.own);
    }
    for other in &step.others {
        match step.what {
            What::Add | What::Set | What::SetAnew => drop(pairs.insert(pair(*other))),
            What::Remove => drop(pairs.remove(&pair(*other))),
            What::Clear => {}
        }
    }
}

/// Makes the changes, in the database and in the set, and compares them after each.
macro_rules! run {
    ($steps:expr) => {{
        let db = signals_test_behavior::db().await;
        for _ in 0..ROWS {
            Pizza { id: 0 }.save(&db).await?;
            Topping { id: 0 }.save(&db).await?;
        }
        let mut expected = Pairs::new();
        for step in $steps {
            if step.in_tx {
                let tx = db.begin().await?;
                change_in(&tx, &step).await?;
                if step.rolls_back {
                    tx.rollback().await?;
                } else {
                    tx.commit().await?;
                    model(&mut expected, &step);
                }
            } else {
                change(&db, &step).await?;
                model(&mut expected, &step);
            }
            let links = PizzaToppings::objects().all(&db).await?;
            let pairs: Vec<_> = links.iter().map(|link| (link.pizza_id, link.topping_id)).collect();
            assert_eq!(pairs.len(), expected.len(), "no link is there twice");
            assert_eq!(pairs.into_iter().collect::<Pairs>(), expected, "after {step:?}");
        }
        Ok(())
    }};
}

macro_rules! changes {
    ($change:ident, $on:ty $(, $quiet:ident)?) => {
        async fn $change(on: &$on, step: &Step) -> Result<()> {
            let (pizza, topping) = (Pizza { id: step.own }, Topping { id: step.own });
            let others = step.others.iter();
            match (step.is_pizza, step.what) {
                (true, What::Add) => pizza.toppings().add(on, others)$(.$quiet())?.await,
                (true, What::Remove) => pizza.toppings().remove(on, others)$(.$quiet())?.await,
                (true, What::Set) => pizza.toppings().set(on, others)$(.$quiet())?.await,
                (true, What::SetAnew) => pizza.toppings().set(on, others).clear()$(.$quiet())?.await,
                (true, What::Clear) => pizza.toppings().clear(on)$(.$quiet())?.await,
                (false, What::Add) => topping.pizzas().add(on, others)$(.$quiet())?.await,
                (false, What::Remove) => topping.pizzas().remove(on, others)$(.$quiet())?.await,
                (false, What::Set) => topping.pizzas().set(on, others)$(.$quiet())?.await,
                (false, What::SetAnew) => topping.pizzas().set(on, others).clear()$(.$quiet())?.await,
                (false, What::Clear) => topping.pizzas().clear(on)$(.$quiet())?.await,
            }
        }
    };
}

fn block_on(work: impl Future<Output = Result<()>>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn quiet_changes_are_those_of_a_set_of_pairs(steps in proptest::collection::vec(step(), 1..24)) {
        pizzeria!("m2m_sequence_pizza", "m2m_sequence_topping");
        changes!(change, Db, quiet);
        changes!(change_in, Tx, quiet);
        block_on(async { run!(steps) });
    }

    #[test]
    fn received_changes_are_those_of_a_set_of_pairs(steps in proptest::collection::vec(step(), 1..24)) {
        pizzeria!("m2m_heard_pizza", "m2m_heard_topping");
        changes!(change, Db);
        changes!(change_in, Tx);
        #[receiver(m2m_changed, sender = PizzaToppings)]
        async fn look(tx: &Tx) -> Result<()> {
            PizzaToppings::objects().count(tx).await.map(drop)
        }
        #[receiver(signals::post_delete, sender = PizzaToppings)]
        #[expect(clippy::unnecessary_wraps, reason = "a receiver that can fail is what is meant")]
        fn deleted() -> Result<()> {
            Ok(())
        }
        block_on(async { run!(steps) });
    }
}

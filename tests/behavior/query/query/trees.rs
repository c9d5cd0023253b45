//! Random conditions, compared with the same conditions in Rust.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signals::query::Condition;
use signals::{Db, Model, Result};
use signals_test_behavior::{Kind, db, execute, kind};

use super::{Person, person};

#[derive(Debug, Clone, Copy)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone)]
enum Tree {
    Age(Op, Option<i32>),
    Score(Op, i32),
    Nickname(Op, Option<String>),
    Height(Op, Option<f64>),
    HeightIn(Vec<Option<f64>>),
    HeightBetween(f64, Option<f64>),
    AgeIn(Vec<Option<i32>>),
    ScoreNotIn(Vec<i32>),
    AgeBetween(Option<i32>, Option<i32>),
    NicknameIsNull,
    Nick(How, String),
    Like(String),
    Both(Vec<Tree>),
    Either(Vec<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    fn condition(&self) -> Condition<Person> {
        match self {
            Self::Age(op, age) => match op {
                Op::Eq => Person::AGE.eq(*age),
                Op::Ne => Person::AGE.ne(*age),
                Op::Lt => Person::AGE.lt(*age),
                Op::Le => Person::AGE.le(*age),
                Op::Gt => Person::AGE.gt(*age),
                Op::Ge => Person::AGE.ge(*age),
            },
            Self::Score(op, score) => match op {
                Op::Eq => Person::SCORE.eq(score),
                Op::Ne => Person::SCORE.ne(score),
                Op::Lt => Person::SCORE.lt(score),
                Op::Le => Person::SCORE.le(score),
                Op::Gt => Person::SCORE.gt(score),
                Op::Ge => Person::SCORE.ge(score),
            },
            Self::Nickname(op, name) => match op {
                Op::Eq => Person::NICKNAME.eq(name),
                Op::Ne => Person::NICKNAME.ne(name),
                Op::Lt => Person::NICKNAME.lt(name),
                Op::Le => Person::NICKNAME.le(name),
                Op::Gt => Person::NICKNAME.gt(name),
                Op::Ge => Person::NICKNAME.ge(name),
            },
            Self::Height(op, height) => match op {
                Op::Eq => Person::HEIGHT.eq(*height),
                Op::Ne => Person::HEIGHT.ne(*height),
                Op::Lt => Person::HEIGHT.lt(*height),
                Op::Le => Person::HEIGHT.le(*height),
                Op::Gt => Person::HEIGHT.gt(*height),
                Op::Ge => Person::HEIGHT.ge(*height),
            },
            Self::HeightIn(heights) => Person::HEIGHT.in_(heights.clone()),
            Self::HeightBetween(low, high) => Person::HEIGHT.between(low, *high),
            Self::AgeIn(ages) => Person::AGE.in_(ages.clone()),
            Self::ScoreNotIn(scores) => Person::SCORE.not_in(scores),
            Self::AgeBetween(low, high) => Person::AGE.between(*low, *high),
            Self::NicknameIsNull => Person::NICKNAME.is_null(),
            Self::Nick(How::Contains, text) => Person::NICKNAME.contains(text),
            Self::Nick(How::StartsWith, text) => Person::NICKNAME.starts_with(text),
            Self::Nick(How::EndsWith, text) => Person::NICKNAME.ends_with(text),
            Self::Like(pattern) => Person::NAME.like(pattern),
            Self::Both(trees) => combined(trees, Condition::and),
            Self::Either(trees) => combined(trees, Condition::or),
            Self::Not(tree) => tree.condition().not(),
        }
    }

    fn holds(&self, row: &Person) -> bool {
        match self {
            Self::Age(op, age) => compared(*op, row.age.as_ref(), age.as_ref()),
            Self::Score(op, score) => compared(*op, Some(&row.score), Some(score)),
            Self::Nickname(op, name) => compared(*op, row.nickname.as_ref(), name.as_ref()),
            Self::Height(op, height) => compared(*op, row.height.as_ref(), known(*height).as_ref()),
            Self::HeightIn(heights) => heights.iter().any(|height| known(*height) == row.height),
            Self::HeightBetween(low, high) => {
                let bounds = (known(Some(*low)), known(*high));
                matches!((row.height, bounds), (Some(height), (Some(low), Some(high))) if (low..=high).contains(&height))
            }
            Self::AgeIn(ages) => ages.contains(&row.age),
            Self::ScoreNotIn(scores) => !scores.contains(&row.score),
            Self::AgeBetween(low, high) => {
                matches!((row.age, low, high), (Some(age), Some(low), Some(high)) if (*low..=*high).contains(&age))
            }
            Self::NicknameIsNull => row.nickname.is_none(),
            Self::Nick(how, text) => row.nickname.as_ref().is_some_and(|name| match how {
                How::Contains => name.contains(text.as_str()),
                How::StartsWith => name.starts_with(text.as_str()),
                How::EndsWith => name.ends_with(text.as_str()),
            }),
            Self::Like(pattern) => {
                let pattern: Vec<char> = pattern.chars().collect();
                like(&pattern, &row.name.chars().collect::<Vec<_>>())
            }
            Self::Both(trees) => trees.iter().all(|tree| tree.holds(row)),
            Self::Either(trees) => trees.iter().any(|tree| tree.holds(row)),
            Self::Not(tree) => !tree.holds(row),
        }
    }
}

fn combined(trees: &[Tree], with: fn(Condition<Person>, Condition<Person>) -> Condition<Person>) -> Condition<Person> {
    trees.iter().map(Tree::condition).reduce(with).unwrap()
}

/// Converts a NaN as documented: it is NULL, except in PostgreSQL, where it is greater than every number. No
/// row has one.
fn known(height: Option<f64>) -> Option<f64> {
    let nan = (kind() == Kind::Postgres).then_some(f64::INFINITY);
    height.and_then(|height| if height.is_nan() { nan } else { Some(height) })
}

/// Compares as documented: `None` equals itself, and is neither less nor greater than any value.
fn compared<T: PartialOrd>(op: Op, left: Option<&T>, right: Option<&T>) -> bool {
    match (op, left, right) {
        (Op::Eq, ..) => left == right,
        (Op::Ne, ..) => left != right,
        (Op::Lt, Some(left), Some(right)) => left < right,
        (Op::Le, Some(left), Some(right)) => left <= right,
        (Op::Gt, Some(left), Some(right)) => left > right,
        (Op::Ge, Some(left), Some(right)) => left >= right,
        _ => false,
    }
}

#[expect(clippy::match_same_arms, reason = "the order of the arms is the rule")]
fn like(pattern: &[char], text: &[char]) -> bool {
    let same = |left: &char, right: &char| left.eq_ignore_ascii_case(right);
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['%', rest @ ..], _) => (0..=text.len()).any(|from| like(rest, &text[from..])),
        (['_', rest @ ..], [_, text @ ..]) => like(rest, text),
        (['\\', literal, rest @ ..], [first, text @ ..]) => same(literal, first) && like(rest, text),
        (['\\' | '_', ..], _) => false,
        ([literal, rest @ ..], [first, text @ ..]) => same(literal, first) && like(rest, text),
        (_, []) => false,
    }
}

fn texts(alphabet: &'static [char]) -> impl Strategy<Value = String> {
    vec(proptest::sample::select(alphabet), 0..4).prop_map(|chars| chars.into_iter().collect())
}

/// What has a meaning in some pattern, two cases of one letter, letters of two and of four bytes, and a NUL.
///
/// PostgreSQL has no text with a NUL, and for MySQL it is less than the end of a text.
fn wild() -> &'static [char] {
    let all = &['a', 'A', '%', '_', '*', '?', '[', ']', '\\', '\'', '"', 'é', '𝄞', '\0'];
    if kind().is_sqlite() { all } else { &all[..all.len() - 1] }
}
const LIKE: &[char] = &['a', 'A', '%', '_', '\\', 'é', '𝄞'];

fn rows() -> impl Strategy<Value = Vec<Person>> {
    let row = (texts(LIKE), proptest::option::of(texts(wild())), proptest::option::of(-3..4), -3..4);
    vec(row.prop_map(|(name, nickname, age, score)| person(&name, nickname.as_deref(), age, score)), 50)
}

fn trees() -> impl Strategy<Value = Tree> {
    let op = || proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge]);
    let how = proptest::sample::select(vec![How::Contains, How::StartsWith, How::EndsWith]);
    let age = || proptest::option::weighted(0.8, -3..4);
    let number = || prop_oneof![4 => (-3..4).prop_map(|tenths| f64::from(tenths) / 10.0), 1 => Just(f64::NAN)];
    let height = move || proptest::option::weighted(0.8, number());
    let leaf = prop_oneof![
        (op(), age()).prop_map(|(op, age)| Tree::Age(op, age)),
        (op(), -3..4).prop_map(|(op, score)| Tree::Score(op, score)),
        (op(), proptest::option::weighted(0.8, texts(wild()))).prop_map(|(op, name)| Tree::Nickname(op, name)),
        (op(), height()).prop_map(|(op, height)| Tree::Height(op, height)),
        vec(height(), 0..4).prop_map(Tree::HeightIn),
        (number(), height()).prop_map(|(low, high)| Tree::HeightBetween(low, high)),
        vec(age(), 0..4).prop_map(Tree::AgeIn),
        vec(-3..4, 0..4).prop_map(Tree::ScoreNotIn),
        (age(), age()).prop_map(|(low, high)| Tree::AgeBetween(low, high)),
        Just(Tree::NicknameIsNull),
        (how, texts(wild())).prop_map(|(how, text)| Tree::Nick(how, text)),
        texts(LIKE).prop_map(Tree::Like),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..5).prop_map(Tree::Both),
            vec(inner.clone(), 1..5).prop_map(Tree::Either),
            inner.prop_map(|tree| Tree::Not(Box::new(tree))),
        ]
    })
}

/// Returns the rows that are in only one of the lists, which is shorter than two lists of fifty.
fn differing(found: &[Person], expected: &[&Person]) -> Vec<Person> {
    let (more, less) =
        (found.iter().filter(|row| !expected.contains(row)), expected.iter().filter(|row| !found.contains(row)));
    more.chain(less.copied()).cloned().collect()
}

async fn check(db: &Db, rows: &[Person], trees: &[Tree]) -> Result<()> {
    execute(db, "DELETE FROM query_person").await;
    let tx = db.begin().await?;
    let mut saved = rows.to_vec();
    for row in &mut saved {
        row.save(&tx).await?;
    }
    tx.commit().await?;
    for tree in trees {
        let (yes, no): (Vec<_>, Vec<_>) = saved.iter().partition(|row| tree.holds(row));
        let all = Person::objects().order_by([Person::ID.asc()]);
        let found = all.clone().filter(tree.condition());
        assert_eq!(differing(&found.all(db).await?, &yes), [], "{tree:?}");
        assert_eq!(found.count(db).await?, yes.len() as u64, "{tree:?}");
        assert_eq!(found.exists(db).await?, !yes.is_empty(), "{tree:?}");
        assert_eq!(differing(&all.exclude(tree.condition()).all(db).await?, &no), [], "not {tree:?}");
    }
    Ok(())
}

#[test]
fn a_condition_finds_the_rows_of_which_it_holds_in_rust() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = runtime.block_on(db());
    if kind() == Kind::Postgres {
        // Else the order of texts is that of the server's language.
        runtime.block_on(execute(&db, "ALTER TABLE query_person ALTER nickname TYPE TEXT COLLATE \"C\""));
    }
    // In MySQL a statement costs 40 ms if it is never met again: sqlx closes it, and what it sends next waits
    // until that has arrived.
    let cases = if kind() == Kind::Mysql { 8 } else { 64 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(rows(), vec(trees(), 16)), |(rows, trees)| {
            runtime.block_on(check(&db, &rows, &trees)).map_err(|error| TestCaseError::fail(error.to_string()))
        })
        .unwrap();
}

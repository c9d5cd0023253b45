//! Lists that absorb others, beside sets of the standard library.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::{AnyKeys, Keys};
use crate::model::{Key, PrimaryKey};

thread_local! {
    /// How often a key was looked at.
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// A key that counts how often it is looked at.
#[derive(Debug, Clone, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
struct Counted(i64);

impl PrimaryKey for Counted {
    type Lookup<'a> = i64;
    const GENERATED: bool = false;

    fn key(&self) -> Option<Key<'_>> {
        LOOKS.set(LOOKS.get() + 1);
        Some(Key::Int(self.0))
    }

    fn from_lookup(lookup: i64) -> Self {
        Self(lookup)
    }
}

fn keys(numbers: &BTreeSet<i64>) -> Keys<Counted> {
    Keys(numbers.iter().copied().map(Counted).collect())
}

fn numbers(keys: &dyn AnyKeys) -> Vec<i64> {
    let keys = keys.as_any().downcast_ref::<Keys<Counted>>().map_or(&[][..], |keys| &keys.0);
    keys.iter().map(|key| key.0).collect()
}

#[test]
fn what_is_absorbed_is_in_order_and_what_is_new_comes_back() {
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..2000 {
        let (len, other_len, range) = (random(60), random(12), 1 + random(90));
        let mut draw = |len| (0..len).map(|_| random(range).cast_signed()).collect::<BTreeSet<_>>();
        let (own, others) = (draw(len), draw(other_len));
        let mut list = keys(&own);
        let fresh = list.absorb(Box::new(keys(&others)));
        assert!(numbers(&list).iter().eq(own.union(&others)), "{own:?} and {others:?}");
        assert!(numbers(&*fresh).iter().eq(others.difference(&own)), "{own:?} and {others:?}");
    }
}

#[test]
fn a_long_list_absorbs_one_key_after_the_other_without_looking_at_all_of_them() {
    let mut list = keys(&(0..100_000).map(|number| number * 2).collect());
    LOOKS.set(0);
    for number in [-1, 7, 100_001, 199_999, 300_000] {
        list.absorb(Box::new(Keys(vec![Counted(number)])));
    }
    assert!(LOOKS.get() < 500, "{} looks", LOOKS.get());
    assert_eq!(list.len(), 100_005);
}

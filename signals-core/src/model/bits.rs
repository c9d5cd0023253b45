//! Sets of small numbers: the columns of a model by their indexes.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The bits of a word.
const WORD: usize = 128;

/// A set of numbers. Those below 128 are in the value itself.
///
/// The others are in a list that is kept as long as the program runs, each list once, so that the set is `Copy`. Few
/// models have so many columns, and most programs make few different sets of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Bits {
    /// The first word, as bytes: a word would take the room of two, because of its alignment.
    first: [u8; 16],
    /// The words after the first. The last is not 0.
    rest: Option<&'static Vec<u128>>,
}

/// Each list of words once.
static LISTS: Mutex<BTreeSet<&'static Vec<u128>>> = Mutex::new(BTreeSet::new());

impl Bits {
    pub(super) const EMPTY: Self = Self { first: [0; 16], rest: None };

    /// Returns the set of these numbers.
    pub(super) fn of(numbers: impl IntoIterator<Item = usize>) -> Self {
        Self::EMPTY.with(numbers)
    }

    /// Returns the set with these numbers too.
    pub(super) fn with(self, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut first = self.first();
        let mut more: Option<Vec<u128>> = None;
        for number in numbers {
            if number < WORD {
                first |= 1 << number;
                continue;
            }
            let words = more.get_or_insert_with(|| self.rest().to_vec());
            let place = number / WORD - 1;
            words.resize(words.len().max(place + 1), 0);
            words[place] |= 1 << (number % WORD);
        }
        Self { first: first.to_ne_bytes(), rest: more.map_or(self.rest, kept) }
    }

    /// Returns the set whose words are those of several sets, combined by `word`.
    pub(super) fn combined<const N: usize>(sets: [Self; N], word: impl Fn([u128; N]) -> u128) -> Self {
        let length = sets.iter().map(|set| set.rest().len()).max().unwrap_or_default();
        let words = |place: usize| sets.map(|set| set.rest().get(place).copied().unwrap_or_default());
        let rest = if length == 0 { None } else { kept((0..length).map(|place| word(words(place))).collect()) };
        Self { first: word(sets.map(Self::first)).to_ne_bytes(), rest }
    }

    pub(super) fn contains(self, number: usize) -> bool {
        let word = match number / WORD {
            0 => self.first(),
            place => self.rest().get(place - 1).copied().unwrap_or_default(),
        };
        word & (1 << (number % WORD)) != 0
    }

    pub(super) fn len(self) -> usize {
        self.rest().iter().fold(self.first().count_ones(), |count, word| count + word.count_ones()) as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    fn first(self) -> u128 {
        u128::from_ne_bytes(self.first)
    }

    fn rest(self) -> &'static [u128] {
        self.rest.map_or(&[], Vec::as_slice)
    }
}

/// Returns the kept list that equals this one.
fn kept(mut words: Vec<u128>) -> Option<&'static Vec<u128>> {
    while words.pop_if(|last| *last == 0).is_some() {}
    if words.is_empty() {
        return None;
    }
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lists.get(&words) {
        return Some(known);
    }
    let new: &'static Vec<u128> = Box::leak(Box::new(words));
    lists.insert(new);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn a_set_has_any_numbers() {
        let some = Bits::of([0, 127, 128, 300]);
        let held: Vec<usize> = (0..400).filter(|number| some.contains(*number)).collect();
        assert_eq!((held, some.len(), some.is_empty()), (vec![0, 127, 128, 300], 4, false));
        assert!(!some.contains(5_000));
        assert!(some == Bits::of([300]).with([128, 127, 0]));
    }

    #[test]
    fn sets_of_different_lengths_are_combined() {
        let (short, long) = (Bits::of([1, 2]), Bits::of([2, 3, 128, 300]));
        assert!(Bits::combined([short, long], |[one, other]| one | other) == Bits::of([1, 2, 3, 128, 300]));
        assert!(Bits::combined([long, short], |[one, other]| one & other) == Bits::of([2]));
        assert!(Bits::combined([long, long], |[one, other]| one & !other).is_empty());
    }

    #[test]
    fn a_set_takes_no_more_room_than_before() {
        assert_eq!(size_of::<super::super::FieldSet>(), 32);
    }
}

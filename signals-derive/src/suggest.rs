//! Finds the key or word that a user meant.

mod other_libraries;

use crate::keys::{Key, Keys};

/// Returns what to write instead of a word that Django or another library has.
pub(crate) fn instead_of(written: &str, keys: &Keys) -> Option<&'static str> {
    other_libraries::advice(keys, written)
}

/// Returns the key that is most similar to what was written, if any is similar.
pub(crate) fn nearest(written: &str, keys: &[Key]) -> Option<Key> {
    let name = nearest_word(written, keys.iter().map(|key| key.name));
    // Django has `dispatch_uid`.
    let name = name.or_else(|| written.split('_').find(|word| keys.iter().any(|key| key.name == *word)))?;
    keys.iter().find(|key| key.name == name).copied()
}

/// Returns the word that is most similar to what was written, if any is similar.
pub(crate) fn nearest_word<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &'a str| {
        let distance = distance(written, name);
        (distance <= (written.len().max(name.len()) + 1) / 3).then_some((distance, name))
    };
    known.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Lists the names for a message: `` `a`, `b` and `c` ``.
pub(crate) fn list(keys: &[Key]) -> String {
    words(keys.iter().map(|key| key.name))
}

/// Lists words for a message, in the same form.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns the number of letters to insert, remove or replace (Levenshtein distance).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut next = vec![i + 1];
        let mut left = i + 1;
        for (above, wanted) in row.windows(2).zip(&to) {
            let [diagonal, above] = above else { continue };
            let replaced = diagonal + usize::from(letter != *wanted);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn a_typo_is_understood() {
        let meant = |written| nearest(written, keys::FIELD.known).map(|key| key.name);
        assert_eq!(meant("primarykey"), Some("primary_key"));
        assert_eq!(meant("uniqe"), Some("unique"));
        assert_eq!(meant("colum"), Some("column"));
        assert_eq!(meant("auto_now_ad"), Some("auto_now_add"));
        assert_eq!(meant("foreign_key"), None);
        assert_eq!(nearest("tabel", keys::MODEL.known), Some(keys::TABLE));
    }

    #[test]
    fn a_word_of_django_is_understood() {
        assert_eq!(instead_of("db_column", &keys::FIELD), Some("write `column = \"name\"`"));
        assert_eq!(nearest("dispatch_uid", keys::RECEIVER.known), Some(keys::UID));
    }
}
